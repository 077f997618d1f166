export * from './ejabberd';
export * from './peer-server';
export * from './prosody';
