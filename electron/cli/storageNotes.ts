import type { Application } from '../services/application.ts';
import { type CommandContext, report } from './surroundings.ts';

const NOTES = {
  'no-conditions':
    'This storage does not keep conditions on writing. Each name is looked up first; two people who upload one name at the same moment can still overwrite each other.',
} as const;

/** Reports the limits of the main storage on stderr, once. */
export function reportStorageNotes(services: Pick<Application, 'on'>, context: CommandContext): void {
  let isReported = false;
  services.on('transfersChanged', ({ totals: { note } }) => {
    if (!note || isReported) return;
    isReported = true;
    report(context, { note, message: NOTES[note] }, NOTES[note]);
  });
}
