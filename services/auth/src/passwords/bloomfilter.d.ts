/** What is used of the package, which has no types of its own. */
declare module 'bloomfilter' {
  export class BloomFilter {
    constructor(buckets: ArrayLike<number>, hashes: number);
    test(value: string): boolean;
  }
}
