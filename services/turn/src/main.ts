import 'reflect-metadata';
import { env } from 'node:process';
import { startTurn } from './start-turn';

await startTurn(env);
