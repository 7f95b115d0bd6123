/** Something that was to be done could not be: what, and in further lines why. Ends the command with code 1. */
export class Failure extends Error {
  constructor(message, details = []) {
    super(message);
    this.details = details;
  }
}

/** The command was asked wrongly. Ends it with code 2. */
export class WrongUsage extends Error {}
