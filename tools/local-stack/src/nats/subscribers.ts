import { services, type ServiceName } from '../stack/topology.js';

/**
 * Which events each service applies to its data: the one list that NATS's rights (`npm run generate` writes those of Compose and Kubernetes by it)
 * and the invariants of chaos go by. A test compares it with the subscriptions of the services.
 */
export const subscribers: Record<ServiceName, readonly string[]> = {
  auth: [],
  posts: [
    'votes.vote-cast.v1',
    'votes.vote-retracted.v1',
    'auth.user-deleted.v1',
    'auth.user-updated.v1',
    'auth.account-moderated.v1',
  ],
  votes: ['posts.post-created.v1', 'posts.post-updated.v1', 'posts.post-deleted.v1', 'auth.user-deleted.v1'],
};

/** The services that apply an event. */
export const consumersOf = (type: string): ServiceName[] =>
  services.filter((service) => subscribers[service].includes(type));

/** Whose streams a service reads. */
export const publishersFor = (service: ServiceName): ServiceName[] =>
  services.filter((publisher) => subscribers[service].some((type) => type.startsWith(`${publisher}.`)));
