import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { makeQueries } from './queries';
import { makeRouter } from './router';
import 'tdesign-react/es/_util/react-19-adapter';
import 'tdesign-react/es/style/index.css';
import './styles.css';
// Before the parts, which narrow windows change.
import '../parts/settings.css';
import '../parts/parts.css';
import '../parts/table.css';
import { startLanguage } from './language';
import { startTheme } from './theme';

startTheme();
await startLanguage();

const queries = makeQueries(() => {
  queries.removeQueries({ queryKey: ['console.session.get'] });
  void router.invalidate();
});
const router = makeRouter(queries);

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root element');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
