import 'virtual:components.css';
import 'virtual:theme.css';
import './app/app.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { loadLanguage } from './messages/language-provider';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const language = await loadLanguage();
document.documentElement.lang = language.language.tag;
createRoot(root).render(
  <StrictMode>
    <App language={language} />
  </StrictMode>,
);
