import 'reflect-metadata';
import { startTurn } from './start-turn';

await startTurn();
