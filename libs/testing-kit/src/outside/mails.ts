/** A mail that an `email` step sent. */
export interface SentMail {
  readonly from: string;
  readonly to: string[];
  readonly cc: string[];
  readonly bcc: string[];
  readonly replyTo?: string;
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly headers: Record<string, string>;
  readonly attachments: { fileName: string; contentType: string; base64: string }[];
  readonly messageId: string;
  readonly runId: string;
  readonly step: string;
}
