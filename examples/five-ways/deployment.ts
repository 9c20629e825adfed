/* eslint-disable */
// Written by generateTypes of @nightshift/client/types: what there is in one deployment. Write it anew instead of changing it.

export interface FiveWays {
  workflows: {
    /** Says whether somebody has signed up with an address already */
    'check-email': { parameters: CheckEmailParameters.Value; result: unknown };
    /** Takes one day after the other from a user's trial */
    'count-down': { parameters: CountDownParameters.Value; result: unknown };
    /** Notes how many users have which plan */
    'count-users': { parameters: Record<string, unknown>; result: unknown };
    /** Greets whoever asks */
    hello: { parameters: HelloParameters.Value; result: HelloResult.Value };
    /** Notes how a mailing went */
    'report-mailing': { parameters: ReportMailingParameters.Value; result: unknown };
    /** Writes the newsletter to one user */
    'send-newsletter': { parameters: SendNewsletterParameters.Value; result: unknown };
    /** Signs a user up */
    'sign-up': { parameters: SignUpParameters.Value; result: SignUpResult.Value };
    /** Books an order when a user goes from free to pro */
    'user-upgraded': { parameters: Record<string, unknown>; result: unknown };
    /** Welcomes a user some time after the sign-up */
    'welcome-user': { parameters: WelcomeUserParameters.Value; result: unknown };
  };
  types: {
    counts: {
      thing: { id: string; createdAt: string; updatedAt: string; createdBy: string | null; free: number; pro: number };
      create: { free: number; pro: number };
      change: { free?: number; pro?: number };
    };
    letters: {
      thing: {
        id: string;
        createdAt: string;
        updatedAt: string;
        createdBy: string | null;
        recipient: string;
        subject: string;
      };
      create: { recipient: string; subject: string };
      change: { recipient?: string; subject?: string };
    };
    mailings: {
      thing: {
        id: string;
        createdAt: string;
        updatedAt: string;
        createdBy: string | null;
        list: string;
        total: number;
        succeeded: number;
        failed: number;
        cancelled: number;
      };
      create: { list: string; total: number; succeeded: number; failed: number; cancelled: number };
      change: { list?: string; total?: number; succeeded?: number; failed?: number; cancelled?: number };
    };
    orders: {
      thing: {
        id: string;
        createdAt: string;
        updatedAt: string;
        createdBy: string | null;
        customer: string;
        product: string;
        price: number;
        reason: string | null;
      };
      create: { customer: string; product: string; price: number; reason?: string | null };
      change: { customer?: string; product?: string; price?: number; reason?: string | null };
    };
    users: {
      thing: {
        id: string;
        createdAt: string;
        updatedAt: string;
        createdBy: string | null;
        name: string;
        email: string;
        plan: string;
        trial: number;
        welcomed: string | null;
      };
      create: { name: string; email: string; plan?: string; trial?: number; welcomed?: string | null };
      change: { name?: string; email?: string; plan?: string; trial?: number; welcomed?: string | null };
    };
  };
}

export declare namespace CheckEmailParameters {
  export interface Value {
    email: string;
  }
}

export declare namespace CountDownParameters {
  export interface Value {
    user: string;
    /**
     * Seconds that a day takes
     */
    day?: number;
  }
}

export declare namespace HelloParameters {
  export interface Value {
    name?: string;
  }
}

export declare namespace HelloResult {
  export interface Value {
    greeting: string;
  }
}

export declare namespace ReportMailingParameters {
  export interface Value {
    listId: string;
    total: number;
    succeeded: number;
    failed: number;
    cancelled: number;
  }
}

export declare namespace SendNewsletterParameters {
  export interface Value {
    user: {
      id: string;
      name: string;
    };
    subject?: string;
  }
}

export declare namespace SignUpParameters {
  export interface Value {
    name: string;
    email: string;
  }
}

export declare namespace SignUpResult {
  export interface Value {
    user?: string;
    isNew: boolean;
    welcomeAt?: string;
  }
}

export declare namespace WelcomeUserParameters {
  export interface Value {
    user: string;
    /**
     * Seconds between the letter and the mark
     */
    pause?: number;
  }
}
