import type { RequestHandlers } from '../../shared/ipc.ts';
import type { Services } from '../services/services.ts';

/** Listings, links, and why a file is read from where it is. */
export function libraryRequests(
  services: Pick<Services, 'studio' | 'explanations' | 'refreshAddress' | 'playbackNeeds'>,
) {
  return {
    listLibrary: ({ folder, cursor }) => services.studio().library.list(folder, cursor),
    createLink: ({ key, purpose, failed, faster }) => services.studio().createLink(key, purpose, failed, faster),
    createSequenceLinks: ({ id, failed }) => services.studio().createSequenceLinks(id, failed),
    explainRoute: ({ key }) => services.studio().explainRoute(key),
    explainRegion: ({ key, faster }) => services.explanations.explain(key, faster),
    measureStorages: ({ key }) => services.explanations.measure(key),
    reportPlayback: ({ need }) => services.playbackNeeds(need),
    refreshAddress: () => services.refreshAddress(),
  } satisfies Partial<RequestHandlers>;
}
