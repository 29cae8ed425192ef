import { asCandlecastError, CandlecastError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { type Checkpoint, headOf, type RecordHead } from '../../core/record.ts';
import type { RecordCheck } from '../../core/record-audit.ts';
import type { RecordRepository } from '../../storage/record-repository.ts';
import { type CheckParts, checkForecast, checkMessage } from './check-record.ts';
import type { MessageReader } from './message-reader.ts';

/** Messages as witnesses of the record: what they carry, and what that says about it. */
export interface WitnessService {
  /**
   * The head of the record for a message that is about to be sent, with everything in it that was recorded before this call; null where the record
   * is none that is kept, is empty, or cannot be read, which is logged. Never rejects.
   */
  head(): Promise<RecordHead | null>;
  /** Sets how messages are read back. */
  connect(reader: MessageReader): void;
  /** Checks a forecast by its number. Throws `CC_RECORD_UNKNOWN`, `CC_DATABASE`. */
  checkForecast(sequence: number): Promise<RecordCheck>;
  /**
   * Reads a message of the bot and checks it; whether the asker may see it is decided before. Throws `CC_RECORD_UNKNOWN` where there is none of the
   * bot's own that carries a head, `CC_CHANNEL` where it cannot be read, and `CC_DATABASE`.
   */
  checkMessage(channelId: string, messageId: string, signal?: AbortSignal): Promise<RecordCheck>;
}

/** What the service is built from. */
export interface WitnessParts extends CheckParts {
  readonly record: Pick<RecordRepository, 'checkpoint'>;
  readonly logger: Logger;
}

const READ_MS = 20_000;

/** Makes the service. */
export function createWitnessService(parts: WitnessParts): WitnessService {
  const { record, isKept, logger } = parts;
  let reader: MessageReader | null = null;

  /** A checkpoint over everything; null where the record is empty or none can be made, which is logged. */
  async function seal(): Promise<Checkpoint | null> {
    try {
      return await record.checkpoint();
    } catch (error) {
      const known = asCandlecastError(error);
      logger.error({ code: known.code, err: known }, 'no checkpoint of the record can be made for a message');
      return null;
    }
  }

  return {
    async head() {
      const checkpoint = isKept ? await seal() : null;
      return checkpoint && headOf(checkpoint);
    },

    connect(next) {
      reader = next;
    },

    async checkForecast(sequence) {
      // So that also the newest forecasts are held by a checkpoint.
      await seal();
      return checkForecast(parts, sequence);
    },

    async checkMessage(channelId, messageId, signal) {
      if (!reader) {
        throw new CandlecastError('CC_RECORD_UNKNOWN', 'Messages can be read on Discord alone.', {
          remedy: 'Give the number of a forecast, such as /verify record:1.',
          said: { key: 'errors.verifyOnDiscord' },
          advice: { key: 'errors.verifyNumber' },
        });
      }
      const limit = AbortSignal.timeout(READ_MS);
      const found = await reader(channelId, messageId, signal ? AbortSignal.any([signal, limit]) : limit);
      switch (found.kind) {
        case 'read':
          await seal();
          return checkMessage(parts, found.message);
        case 'absent':
          throw new CandlecastError('CC_RECORD_UNKNOWN', 'There is no such message in that channel any more.', {
            said: { key: 'errors.verifyNoMessage' },
          });
        case 'foreign':
          throw new CandlecastError('CC_RECORD_UNKNOWN', 'I did not write that message.', {
            said: { key: 'errors.verifyNotMine' },
          });
        case 'failed':
          throw new CandlecastError('CC_CHANNEL', `I cannot read that message: ${found.what}.`, {
            remedy: 'Give me View Channel and Read Message History there, or give the number of a forecast.',
            said: { key: 'errors.verifyUnread' },
            advice: { key: 'errors.verifyUnreadAdvice' },
          });
      }
    },
  };
}
