/** What both ports begin with: express with nothing left on by accident, and the two questions of whoever watches us. */
import express, { type Express, type Response } from 'express';
import helmet from 'helmet';

export interface Health {
  /** Whether the process does its work: else it is better started again. */
  isAlive(): boolean;
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

  const say = (response: Response, word: string, isSo: boolean): void => {
    response
      .status(isSo ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({ status: isSo ? word : `not ${word}` });
  };
  app.get('/livez', (_request, response) => say(response, 'alive', health.isAlive()));
  app.get('/readyz', async (_request, response) => say(response, 'ready', await health.ready()));
  return app;
}
