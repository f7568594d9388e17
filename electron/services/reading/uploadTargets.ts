import { isIn, type UploadPlace } from '../storage/objectPlace.ts';
import type { Studio } from './studio.ts';

/** The storage that uploads go to. */
export function mainTarget({ preferences, clients }: Studio) {
  return targetOf(clients, preferences.mainStorage);
}

/** Where an upload was begun when the preferences were other ones; undefined: in no storage of these. */
export function targetAt({ preferences, clients }: Studio, place: UploadPlace) {
  const storages = Object.keys(preferences.s3Configuration);
  const storage = storages.find((name) => isIn(place, clients.configurationOf(name)));
  return storage === undefined ? undefined : targetOf(clients, storage);
}

function targetOf(clients: Studio['clients'], storage: string) {
  return { client: clients.clientOf(storage), configuration: clients.configurationOf(storage) };
}
