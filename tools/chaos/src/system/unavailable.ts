/** Something that a fault needs cannot be had on this machine: the fault is named as not run. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
