/** Generated from gateway/openapi.json by `node clients/typescript/generate-types.mjs`; do not edit. */

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the service info
         * @description Name and version. Browsers are redirected to the documentation.
         */
        get: operations["getServiceInfo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public keys
         * @description The JWK Set (RFC 7517) that verifies access tokens. Select a key by the `kid` in the token header.
         */
        get: operations["getKeySet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/oauth-authorization-server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the authorization server metadata
         * @description OAuth 2.0 authorization server metadata (RFC 8414).
         */
        get: operations["getAuthorizationServer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the AsyncAPI document
         * @description Describes the events that Agora publishes. `/docs/events/{type}` is the JSON Schema of one event.
         */
        get: operations["getAsyncApiDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Open the documentation
         * @description An interactive page that describes this API.
         */
        get: operations["getDocumentation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/email-confirmations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm an e-mail address
         * @description Takes the token from a confirmation mail, which is valid for 24 hours. Also completes a change of address.
         */
        post: operations["confirmEmail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/feed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the feed
         * @description Published posts of all users. `Link: <…>; rel="next"` leads to the next page. Pages do not shift: following `next` from the first page returns every post that existed then exactly once, unless it is deleted meanwhile; with `top` and `hot`, every post whose votes have not changed.
         */
        get: operations["listFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/feed/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stream the feed
         * @description Server-sent events about published posts, until the access token expires: `post-published` and `post-changed` (`data` is the Post), `post-deleted` (`{"id"}`; also when a post becomes a draft), `votes` (`{"id","votes"}`), and `reset` (`{}`) if events were missed because the `Last-Event-ID` is unknown or too old. Every event has an `id` to resume from. The stream starts with `retry:` and sends a comment at least every 15 seconds. When there are too many streams, the oldest stream of the user with the most is closed.
         */
        get: operations["streamFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/feed/stream/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a stream ticket
         * @description For clients such as `EventSource` that cannot send headers: open `GET /feed/stream?ticket=…` once within 60 seconds. The stream ends with the session and the access token that created the ticket.
         */
        post: operations["createStreamTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check health
         * @description Whether the gateway accepts requests. Does not check the services behind it.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log in
         * @description Opens a session with the OAuth 2.0 password grant (RFC 6749, section 4.3.2). Other OAuth 2.0 fields are ignored. The form may also be sent as `multipart/form-data` of at most 4 KiB.
         */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out
         * @description Ends the session of the access token.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/moderation/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the moderation log
         * @description What moderators, admins and operators did, newest first. Entries never change. Actions on accounts appear within two seconds. Moderators only.
         */
        get: operations["listModerationLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/moderation/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List open reports
         * @description Newest first. Moderators only.
         */
        get: operations["listReports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/moderation/reports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Dismiss a report
         * @description Resolves a report without removing the post. Moderators only.
         */
        delete: operations["dismissReport"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the OpenAPI document
         * @description This document.
         */
        get: operations["getOpenApiDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/password-resets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Reset a password
         * @description Takes the token from a reset mail. Ends all sessions of the account; a second factor stays on.
         */
        put: operations["resetPassword"];
        /**
         * Request a password reset
         * @description Mails a reset token, valid for 30 minutes, if the address has an account; the response is the same either way. A new request invalidates earlier tokens.
         */
        post: operations["requestPasswordReset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my posts
         * @description Your posts, drafts included, newest first. `Link: <…>; rel="next"` leads to the next page.
         */
        get: operations["listMyPosts"];
        put?: never;
        /**
         * Create a post
         * @description Send `published: false` to save a draft. Send an `Idempotency-Key` to make retries safe.
         */
        post: operations["createPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a post
         * @description Drafts are visible to their owner only.
         */
        get: operations["getPost"];
        /**
         * Replace a post
         * @description Replaces the whole text. Owner only. Send `If-Match` to avoid overwriting a newer version.
         */
        put: operations["replacePost"];
        post?: never;
        /**
         * Delete a post
         * @description Deletes the post and its votes. Owner only.
         */
        delete: operations["deletePost"];
        options?: never;
        head?: never;
        /**
         * Update a post
         * @description Changes only the fields that you send. Owner only. Send `If-Match` to avoid overwriting a newer version.
         */
        patch: operations["updatePost"];
        trace?: never;
    };
    "/posts/{id}/removal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Remove a post
         * @description Hides the post from everyone but its owner and moderators, and resolves all reports about it. Replaces the reason if the post is already removed. Moderators only.
         */
        put: operations["removePost"];
        post?: never;
        /**
         * Restore a post
         * @description Makes a removed post visible again, with its votes. Moderators only.
         */
        delete: operations["restorePost"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/posts/{id}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report a post
         * @description Asks the moderators to review the post.
         */
        post: operations["reportPost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refresh an access token
         * @description Exchanges a refresh token for a new access token and the next refresh token. Each refresh token works once; using one again ends the session, because it may have been stolen.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my sessions
         * @description Your open sessions, most recently used first.
         */
        get: operations["listMySessions"];
        put?: never;
        post?: never;
        /**
         * End all my sessions
         * @description Includes the session of the access token.
         */
        delete: operations["endAllMySessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of my sessions
         * @description Its access and refresh tokens stop working.
         */
        delete: operations["endMySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List accounts
         * @description Newest first. Admins only.
         */
        get: operations["listAccounts"];
        put?: never;
        /**
         * Register
         * @description Creates an account and mails a link that confirms its address. Addresses are trimmed and compared case-insensitively; each has one account. Without a name the account is shown as `user_<id>`.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a user
         * @description What everyone can see of an account.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Delete an account
         * @description Ends all sessions of the account and deletes its posts and votes. Admins only; other admins cannot be deleted.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}/ban": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Ban a user
         * @description Ends all sessions of the user and blocks logins until the ban ends. Posts and votes stay. Replaces an existing ban. Moderators only; users of the same or a higher role cannot be banned.
         */
        put: operations["banUser"];
        post?: never;
        /**
         * Lift a ban
         * @description Moderators only; does not apply to users of the same or a higher role.
         */
        delete: operations["unbanUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the role of a user
         * @description Ends all sessions of the user, because access tokens carry the role. Admins only; you cannot change your own role or that of another admin. Operators appoint the first admin with `npm run accounts -- grant`.
         */
        put: operations["changeRole"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get my account
         * @description The account that the access token belongs to.
         */
        get: operations["getMyAccount"];
        put?: never;
        post?: never;
        /**
         * Delete my account
         * @description Ends all your sessions at once and deletes your posts and votes.
         */
        delete: operations["deleteMyAccount"];
        options?: never;
        head?: never;
        /**
         * Change my name
         * @description Your posts show the new name within two seconds. Names like `user_123` are reserved: only the account with that id may use one.
         */
        patch: operations["updateMyAccount"];
        trace?: never;
    };
    "/users/me/email": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change my e-mail address
         * @description Mails a confirmation link to the new address and a notice to the old one. The address changes once it is confirmed. Your sessions stay open.
         */
        put: operations["changeEmail"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/email/confirmation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resend the confirmation mail
         * @description Invalidates the tokens of earlier mails. No mail is sent if there is nothing to confirm.
         */
        post: operations["resendConfirmation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export my data
         * @description Everything that is stored about your account: profile, sessions, posts with drafts, and votes, as one downloadable document.
         */
        get: operations["exportMyAccount"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change my password
         * @description Ends all your other sessions and notifies you by mail.
         */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Turn on the second factor
         * @description From then on `POST /login` requires `totp`. Each recovery code can be used once in place of a code.
         */
        put: operations["enableTotp"];
        /**
         * Create a second-factor secret
         * @description The second factor stays off until `PUT /users/me/totp` receives a code generated from this secret. Calling again replaces the secret.
         */
        post: operations["createTotpSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/totp/removal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Turn off the second factor
         * @description Deletes its secret and recovery codes.
         */
        post: operations["disableTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/vote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List my votes
         * @description Tells which of the given posts you have voted for.
         */
        get: operations["listMyVotes"];
        put?: never;
        /**
         * Vote for a post
         * @description Adds or removes your vote. The vote count of the post follows shortly after; send the `Consistency-Token` of this response to read it at once.
         */
        post: operations["castVote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Account
         * @example {
         *       "id": 7,
         *       "name": "ada",
         *       "email": "ada@example.com",
         *       "email_verified": true,
         *       "role": "user",
         *       "totp": false,
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Account: {
            /** Format: date-time */
            created_at: string;
            /** Format: email */
            email: string;
            /** @description Whether the e-mail address is confirmed. */
            email_verified: boolean;
            id: number;
            name: string;
            role: components["schemas"]["Role"];
            /** @description Whether a second factor is on. */
            totp: boolean;
        };
        /** AccountExport */
        AccountExport: {
            account: components["schemas"]["Account"];
            /** @description Your posts, drafts included, oldest first. */
            posts: components["schemas"]["Post"][];
            sessions: components["schemas"]["Session"][];
            votes: components["schemas"]["ExportedVote"][];
        };
        /** AccountList */
        AccountList: components["schemas"]["AccountWithBan"][];
        /**
         * AccountUpdate
         * @example {
         *       "name": "ada"
         *     }
         */
        AccountUpdate: {
            /** @description Unique, compared case-insensitively. */
            name: string;
        };
        /**
         * AccountWithBan
         * @example {
         *       "id": 7,
         *       "name": "ada",
         *       "email": "ada@example.com",
         *       "email_verified": true,
         *       "role": "user",
         *       "totp": false,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "banned_until": null
         *     }
         */
        AccountWithBan: {
            /**
             * Format: date-time
             * @description When the ban ends; `9999-12-31T23:59:59Z` if it is permanent, null if there is none.
             */
            banned_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: email */
            email: string;
            /** @description Whether the e-mail address is confirmed. */
            email_verified: boolean;
            id: number;
            name: string;
            role: components["schemas"]["Role"];
            /** @description Whether a second factor is on. */
            totp: boolean;
        };
        /** AsyncApiDocument */
        AsyncApiDocument: {
            asyncapi: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * AuthorizationServerMetadata
         * @example {
         *       "issuer": "https://agora.example",
         *       "token_endpoint": "https://agora.example/login",
         *       "jwks_uri": "https://agora.example/.well-known/jwks.json",
         *       "grant_types_supported": [
         *         "password"
         *       ],
         *       "response_types_supported": [],
         *       "token_endpoint_auth_methods_supported": [
         *         "none"
         *       ],
         *       "service_documentation": "https://agora.example/docs"
         *     }
         */
        AuthorizationServerMetadata: {
            grant_types_supported: string[];
            /** @description The `iss` of access tokens. */
            issuer: string;
            jwks_uri: string;
            response_types_supported: string[];
            service_documentation: string;
            token_endpoint: string;
            token_endpoint_auth_methods_supported: string[];
        };
        /**
         * Ban
         * @example {
         *       "reason": "Advertises in every comment.",
         *       "until": "2027-01-31T12:00:00Z"
         *     }
         */
        Ban: {
            reason: string;
            /**
             * Format: date-time
             * @description When the ban ends (RFC 3339). Without it the ban is permanent.
             */
            until?: string;
        };
        /**
         * EmailChange
         * @example {
         *       "email": "ada@example.net",
         *       "current_password": "correct horse"
         *     }
         */
        EmailChange: {
            current_password: string;
            /** Format: email */
            email: string;
        };
        /**
         * EmailConfirmation
         * @example {
         *       "token": "dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls"
         *     }
         */
        EmailConfirmation: {
            /** @description The part of the link in the mail after `=`. */
            token: string;
        };
        /** ExportedVote */
        ExportedVote: {
            /** Format: date-time */
            created_at: string;
            post_id: number;
        };
        /**
         * FieldError
         * @example {
         *       "field": "title",
         *       "message": "title is required"
         *     }
         */
        FieldError: {
            /** @description Name of the field or parameter; `body` for the body as a whole. */
            field: string;
            /** @description What is wrong with it. */
            message: string;
        };
        /** Health */
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        /**
         * JsonWebKey
         * @description A public key (RFC 7517). Its type decides which further members it has.
         */
        JsonWebKey: {
            alg: string;
            kid: string;
            kty: string;
            use: string;
        } & {
            [key: string]: unknown;
        };
        /** JsonWebKeySet */
        JsonWebKeySet: {
            keys: components["schemas"]["JsonWebKey"][];
        };
        /**
         * LoginRequest
         * @example {
         *       "username": "ada@example.com",
         *       "password": "correct horse"
         *     }
         */
        LoginRequest: {
            /** @description `password`; may be empty or left out. */
            grant_type?: string;
            /** Format: password */
            password: string;
            /** @description A current code or a recovery code. Required if the second factor is on. */
            totp?: string;
            /** @description Your e-mail address. */
            username: string;
        };
        /**
         * ModerationAction
         * @enum {string}
         */
        ModerationAction: "post-removed" | "post-restored" | "report-settled" | "user-banned" | "user-unbanned" | "role-changed" | "user-deleted" | "sessions-ended" | "password-reset-sent";
        /** ModerationLog */
        ModerationLog: components["schemas"]["ModerationLogEntry"][];
        /**
         * ModerationLogEntry
         * @example {
         *       "id": 5,
         *       "actor_id": 2,
         *       "action": "post-removed",
         *       "post_id": 42,
         *       "user_id": null,
         *       "reason": "It advertises a shop.",
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        ModerationLogEntry: {
            action: components["schemas"]["ModerationAction"];
            /** @description The user who acted; null for operators. */
            actor_id: number | null;
            /** Format: date-time */
            created_at: string;
            id: number;
            post_id: number | null;
            /** @description With `role-changed`: the new role. */
            reason: string | null;
            user_id: number | null;
        };
        /**
         * MyVotes
         * @example {
         *       "voted": [
         *         1,
         *         3
         *       ]
         *     }
         */
        MyVotes: {
            voted: number[];
        };
        /** OpenApiDocument */
        OpenApiDocument: {
            openapi: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * PasswordChange
         * @example {
         *       "current_password": "correct horse",
         *       "new_password": "battery staple"
         *     }
         */
        PasswordChange: {
            current_password: string;
            /**
             * Format: password
             * @description 8 to 72 bytes of NFC-normalized UTF-8, without U+0000. The most common passwords are rejected.
             */
            new_password: string;
        };
        /**
         * PasswordConfirmation
         * @example {
         *       "current_password": "correct horse"
         *     }
         */
        PasswordConfirmation: {
            current_password: string;
        };
        /**
         * PasswordReset
         * @example {
         *       "token": "dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls",
         *       "new_password": "battery staple"
         *     }
         */
        PasswordReset: {
            /**
             * Format: password
             * @description 8 to 72 bytes of NFC-normalized UTF-8, without U+0000. The most common passwords are rejected.
             */
            new_password: string;
            /** @description The part of the link in the mail after `=`. */
            token: string;
        };
        /**
         * PasswordResetRequest
         * @example {
         *       "email": "ada@example.com"
         *     }
         */
        PasswordResetRequest: {
            /** Format: email */
            email: string;
        };
        /**
         * Post
         * @example {
         *       "id": 42,
         *       "title": "How to prune roses",
         *       "content": "In early spring, above an outward bud.",
         *       "published": true,
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "updated_at": "2026-01-31T12:00:00.000Z",
         *       "owner_id": 7,
         *       "owner": {
         *         "id": 7,
         *         "name": "ada",
         *         "created_at": "2026-01-31T12:00:00.000Z"
         *       },
         *       "votes": 3
         *     }
         */
        Post: {
            content: string;
            /** Format: date-time */
            created_at: string;
            id: number;
            /** @description With `include=my_vote`: whether you have voted for the post; null if that could not be determined in time. */
            my_vote?: boolean | null;
            owner: components["schemas"]["User"];
            owner_id: number;
            /** @description Whether everyone can see the post; drafts are visible to their owner only. */
            published: boolean;
            removed?: components["schemas"]["Removal"];
            title: string;
            /** Format: date-time */
            updated_at: string;
            votes: number;
        };
        /**
         * PostInput
         * @example {
         *       "title": "How to prune roses",
         *       "content": "In early spring, above an outward bud.",
         *       "published": true
         *     }
         */
        PostInput: {
            content: string;
            /** @description Defaults to true. */
            published?: boolean;
            title: string;
        };
        /** PostList */
        PostList: components["schemas"]["Post"][];
        /**
         * PostUpdate
         * @example {
         *       "published": true
         *     }
         */
        PostUpdate: {
            content?: string;
            published?: boolean;
            title?: string;
        };
        /**
         * Problem
         * @description An error (RFC 9457).
         */
        Problem: {
            code: components["schemas"]["ProblemCode"];
            /** @description What went wrong, for people. */
            detail: string;
            /** @description From `/login` and `/refresh`: the OAuth 2.0 error code (RFC 6749, section 5.2). */
            error?: string;
            /** @description From `/login` and `/refresh`: `detail` for OAuth 2.0 clients. */
            error_description?: string;
            /** @description With 422: one entry for each invalid field. */
            errors?: components["schemas"]["FieldError"][];
            /** @description Identifies the request in the logs of the server. */
            request_id: string;
            /** @description The HTTP status. */
            status: number;
            /** @description The name of the HTTP status. */
            title: string;
            /** @description `about:blank`: `code` tells problems apart. */
            type: string;
        };
        /**
         * ProblemCode
         * @description What went wrong, for programs. Codes never change their meaning; new ones may be added, so handle an unknown code by its status.
         * @enum {string}
         */
        ProblemCode: "already_reported" | "bad_gateway" | "ban_not_found" | "banned" | "body_too_large" | "draining" | "email_not_confirmed" | "email_taken" | "expectation_failed" | "gateway_timeout" | "headers_too_large" | "idempotency_key_in_use" | "idempotency_key_reused" | "internal_error" | "invalid_code" | "invalid_credentials" | "invalid_mail_token" | "invalid_refresh_token" | "invalid_token" | "malformed_body" | "malformed_request" | "method_not_allowed" | "name_taken" | "not_allowed" | "not_found" | "not_owner" | "overloaded" | "post_not_found" | "precondition_failed" | "rate_limited" | "removal_not_found" | "report_not_found" | "request_timeout" | "revocations_unknown" | "service_unavailable" | "session_not_found" | "token_missing" | "too_many_attempts" | "totp_disabled" | "totp_enabled" | "totp_required" | "unavailable" | "unsupported_media_type" | "user_not_found" | "validation_failed" | "vote_exists" | "vote_not_found";
        /**
         * Reason
         * @example {
         *       "reason": "It advertises a shop."
         *     }
         */
        Reason: {
            reason: string;
        };
        /**
         * RecoveryCodes
         * @example {
         *       "recovery_codes": [
         *         "k7qz-m3vd-x9pt-a0ce",
         *         "k7qz-m3vd-x9pt-a1ce",
         *         "k7qz-m3vd-x9pt-a2ce",
         *         "k7qz-m3vd-x9pt-a3ce",
         *         "k7qz-m3vd-x9pt-a4ce",
         *         "k7qz-m3vd-x9pt-a5ce",
         *         "k7qz-m3vd-x9pt-a6ce",
         *         "k7qz-m3vd-x9pt-a7ce",
         *         "k7qz-m3vd-x9pt-a8ce",
         *         "k7qz-m3vd-x9pt-a9ce"
         *       ]
         *     }
         */
        RecoveryCodes: {
            recovery_codes: string[];
        };
        /**
         * RefreshRequest
         * @example {
         *       "refresh_token": "dGhlIGxhc3QgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl"
         *     }
         */
        RefreshRequest: {
            refresh_token: string;
        };
        /**
         * Registration
         * @example {
         *       "email": "ada@example.com",
         *       "password": "correct horse",
         *       "name": "ada"
         *     }
         */
        Registration: {
            /** Format: email */
            email: string;
            /** @description Unique, compared case-insensitively. */
            name?: string;
            /**
             * Format: password
             * @description 8 to 72 bytes of NFC-normalized UTF-8, without U+0000. The most common passwords are rejected.
             */
            password: string;
        };
        /**
         * Removal
         * @description Why and when a moderator removed the post. Visible to its owner and moderators only.
         */
        Removal: {
            reason: string;
            /** Format: date-time */
            removed_at: string;
        };
        /**
         * Report
         * @example {
         *       "id": 3,
         *       "post_id": 42,
         *       "reason": "It advertises a shop.",
         *       "reporter_id": 9,
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Report: {
            /** Format: date-time */
            created_at: string;
            id: number;
            post_id: number;
            reason: string;
            reporter_id: number;
        };
        /** ReportList */
        ReportList: components["schemas"]["Report"][];
        /**
         * Role
         * @enum {string}
         */
        Role: "user" | "moderator" | "admin";
        /**
         * RoleChange
         * @example {
         *       "role": "moderator"
         *     }
         */
        RoleChange: {
            role: components["schemas"]["Role"];
        };
        /** ServiceInfo */
        ServiceInfo: {
            docs: string;
            name: string;
            version: string;
        };
        /**
         * Session
         * @example {
         *       "id": "8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55",
         *       "created_at": "2026-01-31T12:00:00.000Z",
         *       "last_used_at": "2026-01-31T12:30:00.000Z",
         *       "expires_at": "2026-03-02T12:00:00.000Z",
         *       "ip": "203.0.113.7",
         *       "user_agent": "curl/8.5.0",
         *       "current": true
         *     }
         */
        Session: {
            /** Format: date-time */
            created_at: string;
            /** @description Whether this is the session of the access token. */
            current: boolean;
            /** Format: date-time */
            expires_at: string;
            /** Format: uuid */
            id: string;
            /** @description IP address that opened the session. */
            ip: string;
            /** Format: date-time */
            last_used_at: string;
            user_agent: string;
        };
        /** SessionList */
        SessionList: components["schemas"]["Session"][];
        /**
         * StreamTicket
         * @example {
         *       "ticket": "qO3s0WgAS8Kl7tBq1P1J6nq2gT1bJr3bXw9Xo4m5mZc"
         *     }
         */
        StreamTicket: {
            ticket: string;
        };
        /**
         * Token
         * @example {
         *       "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
         *       "token_type": "bearer",
         *       "expires_in": 900,
         *       "refresh_token": "dGhlIG5leHQgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl"
         *     }
         */
        Token: {
            /** @description Send it as `Authorization: Bearer …`. */
            access_token: string;
            /** @description Seconds until the access token expires. */
            expires_in: number;
            /** @description Exchange it once with `POST /refresh`. */
            refresh_token: string;
            /** @enum {string} */
            token_type: "bearer";
        };
        /**
         * TotpCode
         * @example {
         *       "code": "492039"
         *     }
         */
        TotpCode: {
            code: string;
        };
        /**
         * TotpSecret
         * @example {
         *       "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
         *       "uri": "otpauth://totp/Agora:ada%40example.com?issuer=Agora&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30"
         *     }
         */
        TotpSecret: {
            /** @description Base32 secret, for manual entry in an authenticator app. */
            secret: string;
            /** @description The secret as an `otpauth` URI, to be shown as a QR code. */
            uri: string;
        };
        /**
         * User
         * @example {
         *       "id": 7,
         *       "name": "ada",
         *       "created_at": "2026-01-31T12:00:00.000Z"
         *     }
         */
        User: {
            /** Format: date-time */
            created_at: string;
            /**
             * Format: email
             * @description Present only if the server is configured with `PUBLIC_EMAILS=true`.
             */
            email?: string;
            id: number;
            name: string;
        };
        /**
         * VoteRequest
         * @example {
         *       "post_id": 42,
         *       "dir": 1
         *     }
         */
        VoteRequest: {
            /** @description 1 adds your vote; 0 or less removes it. */
            dir: number;
            post_id: number;
        };
        /** VoteResult */
        VoteResult: {
            /** @enum {string} */
            message: "Vote added successfully" | "Vote deleted successfully";
        };
    };
    responses: {
        /** @description Bad Gateway: `bad_gateway` (The service closed the connection before it responded.) */
        BadGateway: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Bad Request: `malformed_request` (The request could not be read.) */
        BadRequest: {
            headers: {
                /**
                 * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                 * @example Bearer realm="agora"
                 */
                "WWW-Authenticate"?: string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict: `email_taken` (An account with this e-mail address already exists.) */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Forbidden: `not_allowed` (Your role does not allow this.) */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Gateway Timeout: `gateway_timeout` (The service took too long to respond.) */
        GatewayTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal Server Error: `internal_error` (Something went wrong on our side. Please quote the request id when you report it.) */
        InternalServerError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `post_not_found` (Post 42 does not exist.) */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Payload Too Large: `body_too_large` (The body must not exceed 131072 bytes.) */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Precondition Failed: `precondition_failed` (The post has changed since you read it. Read it again before you retry.) */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `revocations_unknown` (Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
        ServiceUnavailable: {
            headers: {
                /** @description How many seconds to wait before the next attempt. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) */
        TooManyRequests: {
            headers: {
                /** @description How many seconds to wait before the next attempt. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthorized: `invalid_token` (The access token is invalid, expired or revoked.) `token_missing` (This request requires an access token.) */
        Unauthorized: {
            headers: {
                /**
                 * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                 * @example Bearer realm="agora"
                 */
                "WWW-Authenticate": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unprocessable Entity: `validation_failed` (The request contains invalid values.) */
        UnprocessableEntity: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unsupported Media Type: `unsupported_media_type` (This endpoint does not support this content type.) */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Send it with later requests to read this write. */
        "Consistency-Token": string;
        /**
         * @description What remains of each rate limit: `r` requests for the next `t` seconds.
         * @example "user";r=599;t=60
         */
        RateLimit: string;
        /**
         * @description The rate limits that apply: `q` requests in `w` seconds.
         * @example "user";q=600;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description Identifies the request in logs and errors.
         * @example 8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55
         */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getServiceInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Name, version and the path of the documentation. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceInfo"];
                };
            };
            /** @description Redirects browsers (`Accept: text/html`) to the documentation. */
            303: {
                headers: {
                    /** @description `/docs` */
                    Location: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
        };
    };
    getKeySet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The public keys. */
            200: {
                headers: {
                    /** @description How long to cache the response. */
                    "Cache-Control": string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JsonWebKeySet"];
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getAuthorizationServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metadata. */
            200: {
                headers: {
                    /** @description How long to cache the response. */
                    "Cache-Control": string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorizationServerMetadata"];
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getAsyncApiDocument: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The AsyncAPI 3 document. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AsyncApiDocument"];
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
        };
    };
    getDocumentation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The documentation. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
        };
    };
    confirmEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailConfirmation"];
            };
        };
        responses: {
            /** @description The address is confirmed. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `invalid_mail_token` (The token is invalid, expired or already used. Request a new mail.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listFeed: {
        parameters: {
            query?: {
                /**
                 * @description Position of the next page, taken from `Link`. Valid only for the same user, order and filters.
                 * @example WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
                 */
                cursor?: string;
                /**
                 * @description Adds `my_vote` to each post. The response then has no `ETag`.
                 * @example my_vote
                 */
                include?: "my_vote";
                /** @example 10 */
                limit?: number;
                /**
                 * @description Only posts of this user.
                 * @example 7
                 */
                owner_id?: number;
                /**
                 * @description With `sort=top`: how old posts may be.
                 * @example all
                 */
                period?: "day" | "week" | "month" | "year" | "all";
                /**
                 * @description Text that the title must contain, case-insensitive.
                 * @example roses
                 */
                search?: string;
                /**
                 * @description `new`: newest first. `top`: most votes first. `hot`: votes weighed against age.
                 * @example new
                 */
                sort?: "new" | "top" | "hot";
            };
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of posts. A page may be shorter than `limit`, because it never exceeds 1 MiB. */
            200: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    /** @description `</feed?…>; rel="next"` if there is another page. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PostList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    streamFeed: {
        parameters: {
            query?: {
                /**
                 * @description A ticket from `POST /feed/stream/tickets`, in place of an access token.
                 * @example qO3s0WgAS8Kl7tBq1P1J6nq2gT1bJr3bXw9Xo4m5mZc
                 */
                ticket?: string;
            };
            header?: {
                /**
                 * @description The `id` of the last event that you received. Without it the stream starts now.
                 * @example POSTS:120,VOTES:4711
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createStreamTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamTicket"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The gateway accepts requests. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["BadRequest"];
            500: components["responses"]["InternalServerError"];
            /** @description Service Unavailable: `draining` (The gateway is shutting down.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            /** @description A new access token and refresh token. */
            200: {
                headers: {
                    /** @description `no-store` */
                    "Cache-Control": string;
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `banned` (This account is banned.) `invalid_credentials` (Invalid credentials) `totp_required` (This account has a second factor. Send a code as `totp`.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many failed logins. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listModerationLog: {
        parameters: {
            query?: {
                /**
                 * @description Position of the next page, taken from `Link`. Valid only for the same user, order and filters.
                 * @example WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
                 */
                cursor?: string;
                /** @example 10 */
                limit?: number;
            };
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    /** @description `</moderation/log?…>; rel="next"` if there is another page. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModerationLog"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listReports: {
        parameters: {
            query?: {
                /**
                 * @description Position of the next page, taken from `Link`. Valid only for the same user, order and filters.
                 * @example WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
                 */
                cursor?: string;
                /** @example 10 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    /** @description `</moderation/reports?…>; rel="next"` if there is another page. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    dismissReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report is resolved. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `report_not_found` (Report 3 does not exist or is already resolved.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getOpenApiDocument: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI 3.1 document of the whole system. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenApiDocument"];
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description The password is changed. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden: `invalid_mail_token` (The token is invalid, expired or already used. Request a new mail.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    requestPasswordReset: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        responses: {
            /** @description A mail is on its way if the address has an account. */
            202: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many mails requested. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listMyPosts: {
        parameters: {
            query?: {
                /**
                 * @description Position of the next page, taken from `Link`. Valid only for the same user, order and filters.
                 * @example WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
                 */
                cursor?: string;
                /**
                 * @description Adds `my_vote` to each post. The response then has no `ETag`.
                 * @example my_vote
                 */
                include?: "my_vote";
                /** @example 10 */
                limit?: number;
                /**
                 * @description Text that the title must contain, case-insensitive.
                 * @example roses
                 */
                search?: string;
                /**
                 * @description How many posts to skip. Prefer `cursor`: it has no limit, and every page costs the same.
                 * @example 20
                 */
                skip?: number;
            };
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of your posts. A page may be shorter than `limit`, because it never exceeds 1 MiB. */
            200: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    /** @description `</posts?…>; rel="next"` if there is another page. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PostList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createPost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A unique value that you choose, such as a UUID. For 24 hours, retries with the same key return the first response.
                 * @example 8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostInput"];
            };
        };
        responses: {
            /** @description The post. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Version of the post. Any visible change produces a new one; `If-Match` compares only the text. Weak (`W/`) if the response is compressed. */
                    ETag: string;
                    /** @description `true` if this is the stored response to an earlier request with the same key. */
                    "Idempotency-Replayed"?: string;
                    /** @description Path of the post. */
                    Location: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first. POST /users/me/email/confirmation resends the mail.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `idempotency_key_in_use` (The first request with this key is still in progress.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            /** @description Unprocessable Entity: `idempotency_key_reused` (This key was already used with a different body.) `validation_failed` (The request contains invalid values.) */
            422: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getPost: {
        parameters: {
            query?: {
                /**
                 * @description Adds `my_vote` to each post. The response then has no `ETag`.
                 * @example my_vote
                 */
                include?: "my_vote";
            };
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
                /**
                 * @description One or more entity tags, or `*`.
                 * @example "1-3-1-0"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    /** @description Version of the post. Any visible change produces a new one; `If-Match` compares only the text. Weak (`W/`) if the response is compressed. */
                    ETag?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description The post has not changed since the version in `If-None-Match`. */
            304: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    /** @description Version of the post. */
                    ETag: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    replacePost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Entity tag of the version that you want to change. If the text has changed since, the request fails with 412.
                 * @example "1-3-1-0"
                 */
                "If-Match"?: string;
                /**
                 * @description One or more entity tags, or `*`.
                 * @example "1-3-1-0"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostInput"];
            };
        };
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Version of the post. Any visible change produces a new one; `If-Match` compares only the text. Weak (`W/`) if the response is compressed. */
                    ETag: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first. POST /users/me/email/confirmation resends the mail.) `not_owner` (Only the owner of a post may change or delete it.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deletePost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Entity tag of the version that you want to change. If the text has changed since, the request fails with 412.
                 * @example "1-3-1-0"
                 */
                "If-Match"?: string;
                /**
                 * @description One or more entity tags, or `*`.
                 * @example "1-3-1-0"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post is deleted. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `not_owner` (Only the owner of a post may change or delete it.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    updatePost: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Entity tag of the version that you want to change. If the text has changed since, the request fails with 412.
                 * @example "1-3-1-0"
                 */
                "If-Match"?: string;
                /**
                 * @description One or more entity tags, or `*`.
                 * @example "1-3-1-0"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostUpdate"];
            };
        };
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Version of the post. Any visible change produces a new one; `If-Match` compares only the text. Weak (`W/`) if the response is compressed. */
                    ETag: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first. POST /users/me/email/confirmation resends the mail.) `not_owner` (Only the owner of a post may change or delete it.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    removePost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description The post is removed. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    restorePost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post is restored. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `post_not_found` (Post 42 does not exist.) `removal_not_found` (Post 42 is not removed.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    reportPost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description The report. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            /** @description Conflict: `already_reported` (You have already reported this post.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefreshRequest"];
                "application/x-www-form-urlencoded": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description A new access token and refresh token. */
            200: {
                headers: {
                    /** @description `no-store` */
                    "Cache-Control": string;
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized: `invalid_refresh_token` (The refresh token is invalid, expired or already used.) */
            401: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate": string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (The service is overloaded. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listMySessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your sessions. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    endAllMySessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All your sessions have ended. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    endMySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55 */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `session_not_found` (The session does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /**
                 * @description Position of the next page, taken from `Link`. Valid only for the same user, order and filters.
                 * @example WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU
                 */
                cursor?: string;
                /** @example 10 */
                limit?: number;
                /**
                 * @description Text that the name or address must contain, case-insensitive.
                 * @example ada
                 */
                search?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    /** @description `</users?…>; rel="next"` if there is another page. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The new account. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Path of the account. */
                    Location: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `email_taken` (An account with this e-mail address already exists.) `name_taken` (This name is already taken.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many registrations. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `user_not_found` (User 7 does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is deleted. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `user_not_found` (User 7 does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    banUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ban"];
            };
        };
        responses: {
            /** @description The user is banned. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `user_not_found` (User 7 does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    unbanUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user can log in again. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `ban_not_found` (User 7 is not banned.) `not_found` (There is nothing at this path.) `user_not_found` (User 7 does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changeRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example 42 */
                id: number;
            };
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleChange"];
            };
        };
        responses: {
            /** @description The role is changed. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description Not Found: `not_found` (There is nothing at this path.) `user_not_found` (User 7 does not exist.) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    getMyAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your account. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteMyAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is deleted. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    updateMyAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountUpdate"];
            };
        };
        responses: {
            /** @description Your account. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Conflict: `name_taken` (This name is already taken.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changeEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailChange"];
            };
        };
        responses: {
            /** @description The mails are on their way. */
            202: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `invalid_credentials` (Invalid credentials) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many mails requested. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `revocations_unknown` (Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    resendConfirmation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The mail is on its way. */
            202: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many mails requested. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    exportMyAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Your data. */
            200: {
                headers: {
                    /** @description `attachment` */
                    "Content-Disposition": string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountExport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description The password is changed. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `invalid_credentials` (Invalid credentials) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many failed logins. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `revocations_unknown` (Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    enableTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpCode"];
            };
        };
        responses: {
            /** @description Recovery codes. They are shown only once. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `invalid_code` (The code is invalid. Create a secret first, then send a code generated from it.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `totp_enabled` (The second factor is already on. Turn it off first.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many failed logins. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    createTotpSecret: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordConfirmation"];
            };
        };
        responses: {
            /** @description The secret. It is shown only once. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpSecret"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `invalid_credentials` (Invalid credentials) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `totp_enabled` (The second factor is already on. Turn it off first.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many failed logins. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `revocations_unknown` (Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    disableTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordConfirmation"];
            };
        };
        responses: {
            /** @description The second factor is off. */
            204: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `invalid_credentials` (Invalid credentials) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `totp_disabled` (The second factor is not turned on.) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many failed logins. Try again later.) */
            429: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            /** @description Service Unavailable: `overloaded` (Too many logins and registrations are in progress. Try again shortly.) `revocations_unknown` (Access tokens cannot be verified right now, because the list of revoked ones is not up to date. Try again shortly.) `service_unavailable` (The service is temporarily unavailable. Try again shortly.) `unavailable` (A service that this request needs is not responding. Try again shortly.) */
            503: {
                headers: {
                    /** @description How many seconds to wait before the next attempt. */
                    "Retry-After": number;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listMyVotes: {
        parameters: {
            query: {
                /**
                 * @description 1 to 100 ids, separated by commas.
                 * @example [
                 *       1,
                 *       2,
                 *       3
                 *     ]
                 */
                post_ids: number[];
            };
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ids of the posts you have voted for, in ascending order. */
            200: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MyVotes"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    castVote: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description From the response to a write: this response then reflects that write. Waits up to two seconds for it.
                 * @example eyJ2b3RlcyI6WyI4ZjE0ZTQ1Zi1jZWVhLTQ2N2YtOWIxZC0zYzZmMGUyYTdkNTUiXX0
                 */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        /** @description At most 128 KiB of UTF-8 without `Content-Encoding`, with at most 50 values, nested at most five levels deep. Unknown fields are ignored. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoteRequest"];
            };
        };
        responses: {
            /** @description The vote was added or removed. */
            201: {
                headers: {
                    /** @description `stale` if the response does not reflect the write yet. */
                    Consistency?: string;
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VoteResult"];
                };
            };
            /** @description Bad Request: `malformed_body` (The body does not match its content type.) `malformed_request` (The request could not be read.) */
            400: {
                headers: {
                    /**
                     * @description How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.
                     * @example Bearer realm="agora"
                     */
                    "WWW-Authenticate"?: string;
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            401: components["responses"]["Unauthorized"];
            /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first. POST /users/me/email/confirmation resends the mail.) */
            403: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found: `post_not_found` (Post 42 does not exist.) `vote_not_found` (Vote does not exist) */
            404: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict: `vote_exists` (Vote already exists) */
            409: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
}
