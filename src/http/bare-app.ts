/** What both ports begin with: express with nothing left on by accident, and the two questions of whoever watches us. */
import express, { type Express } from 'express';
import helmet from 'helmet';

export interface Health {
  /** Whether requests may be sent here: recovery has been scanned, the ledger commits, nothing is stopping. */
  ready(): Promise<boolean>;
}

export function createBareApp(health: Health): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(helmet());

  app.get('/livez', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'alive' });
  });
  app.get('/readyz', async (_request, response) => {
    const isReady = await health.ready();
    response
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: isReady ? 'ready' : 'not ready' });
  });
  return app;
}
