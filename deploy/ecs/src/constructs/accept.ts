import type { Stack } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import type { IConstruct } from 'constructs';

/** Findings of cdk-nag that a stack lives with, by rule, each with its reason. */
export function accept(stack: Stack, reasons: Record<string, string>): void {
  NagSuppressions.addStackSuppressions(stack, suppressions(reasons));
}

/** The same for one construct and what is in it. */
export function acceptAt(construct: IConstruct, reasons: Record<string, string>): void {
  NagSuppressions.addResourceSuppressions(construct, suppressions(reasons), true);
}

const suppressions = (reasons: Record<string, string>) =>
  Object.entries(reasons).map(([id, reason]) => ({ id, reason }));
