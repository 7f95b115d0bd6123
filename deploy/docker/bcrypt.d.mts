export function hashPassword(password: string, cost: number, salt?: Buffer): string;
