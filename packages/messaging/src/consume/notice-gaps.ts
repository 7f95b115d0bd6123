import type { ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import type { Logger } from '../logger.js';
import { countMissed } from '../metrics.js';

/**
 * Returns a function that checks each message of a consumer as it arrives and reports when earlier ones were lost: a consumer that was away
 * for longer than the stream keeps messages continues after the gap as if nothing were missing. So does NATS 2.9 when the consumer's leader changes and
 * the new one receives acknowledgements before it knows of their deliveries. `info` is what the server said of the
 * consumer before it was asked for messages. Replicas share a consumer, so only neighbours in the order of delivery are compared.
 */
export function noticeGaps(
  { delivered, stream_name: stream }: ConsumerInfo,
  logger: Logger,
): (message: JsMsg) => void {
  let { consumer_seq: delivery, stream_seq: sequence } = delivered;
  return ({ info, redelivered }) => {
    const isNeighbour = delivery > 0 && info.deliverySequence === delivery + 1;
    const missed = info.streamSequence - sequence - 1;
    if (isNeighbour && !redelivered && missed > 0) {
      countMissed(stream, missed);
      logger.error({ stream, missed, after: sequence }, 'missed messages; see the runbook messages-missed');
    }
    delivery = info.deliverySequence;
    sequence = Math.max(sequence, info.streamSequence);
  };
}
