/** What people of one interest write about: `{slot}` stands for one of the slot's words, the same all through a post. */
export interface Theme {
  slots: Record<string, string[]>;
  /** A title with the opening that belongs to it. */
  stories: { title: string; opening: string }[];
  /** Sentences that fit every story of the theme, in any order. */
  details: string[];
  closings: string[];
}
