import { Author } from './author.js';
import { Post } from './post.js';

/** The models of the service, for whatever process of it opens the database. */
export const models = [Author, Post];
