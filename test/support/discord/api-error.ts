/** A refusal in Discord's own form: HTTP status, JSON error code, message, and for a 50035 what is wrong where. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly problems: readonly string[];

  constructor(status: number, code: number, message: string, problems: readonly string[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.problems = problems;
  }
}

export const unknownInteraction = () => new ApiError(404, 10062, 'Unknown interaction');
export const alreadyAcknowledged = () => new ApiError(400, 40060, 'Interaction has already been acknowledged.');
export const unknownWebhook = () => new ApiError(404, 10015, 'Unknown Webhook');
export const unknownMessage = () => new ApiError(404, 10008, 'Unknown Message');
export const invalidWebhookToken = () => new ApiError(401, 50027, 'Invalid Webhook Token');
export const emptyMessage = () => new ApiError(400, 50006, 'Cannot send an empty message');
export const tooLarge = () => new ApiError(413, 40005, 'Request entity too large');
export const unauthorized = () => new ApiError(401, 0, '401: Unauthorized');
export const notFound = () => new ApiError(404, 0, '404: Not Found');
export const invalidForm = (problems: readonly string[]) => new ApiError(400, 50035, 'Invalid Form Body', problems);
