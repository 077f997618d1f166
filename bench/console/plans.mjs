import { closeSync, openSync, readSync, statSync } from 'node:fs';

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'text',
};

/** Plans of what the services ask, from the database's own log (auto_explain), while the bench runs. */
export class Plans {
  constructor(file) {
    this.file = file;
  }

  static async on(client, file) {
    for (const role of APP_ROLES)
      for (const [name, value] of Object.entries(SETTINGS))
        await client.query(`ALTER ROLE ${role} SET ${name} = '${value}'`);
    await disconnect(client);
    return new Plans(file);
  }

  static async off(client) {
    for (const role of APP_ROLES)
      for (const name of Object.keys(SETTINGS)) await client.query(`ALTER ROLE ${role} RESET ${name}`);
    await disconnect(client);
  }

  /** What the log has grown by since the last time: plans, without the lines around them. */
  since() {
    const size = statSync(this.file).size;
    const from = this.at ?? size;
    this.at = size;
    if (size <= from) return '';
    const bytes = Buffer.alloc(size - from);
    const file = openSync(this.file, 'r');
    readSync(file, bytes, 0, bytes.length, from);
    closeSync(file);
    return bytes
      .toString()
      .split(/(?=^\d{4}-\d\d-\d\d )/m)
      .filter((entry) => entry.includes('plan:') && !entry.includes('set_config'))
      .map((entry) => entry.slice(entry.indexOf('duration:')).trimEnd())
      .join('\n');
  }
}

const APP_ROLES = ['core', 'identity', 'plugins', 'audit', 'rmm_logs'].map((schema) => `muster_${schema}_app`);

/** The services' connections come back with the new settings. */
const disconnect = (client) =>
  client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1)', [APP_ROLES]);
