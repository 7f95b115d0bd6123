/** Generated from gateway/openapi.json by `node clients/typescript/generate-types.mjs`; do not edit. */

export interface paths {
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show what this is */
        get: operations["showRoot"];
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
         * Show the public keys
         * @description A JWK Set (RFC 7517) to verify access tokens with, by the `kid` of their header.
         */
        get: operations["showKeySet"];
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
         * Show where clients log in
         * @description Authorization server metadata (RFC 8414).
         */
        get: operations["showMetadata"];
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
        /** Show what events tell */
        get: operations["showEvents"];
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
        /** Show this documentation */
        get: operations["showDocumentation"];
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
         * @description With the token of a mail, within 24 hours. An address that was to be changed is changed by this.
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
         * List everybody's published posts
         * @description Follow `Link: <…>; rel="next"` for the next page. Pages never shift: from the first on, each post that was there then comes once, whatever is written or deleted meanwhile; with `top` and `hot` each whose votes stay as they are.
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
         * Follow what happens to published posts
         * @description Server-sent events, each with an `id` to go on from, until the access token ends: `post-published` and `post-changed` (`data`: the Post), `post-deleted` (`{"id"}`; a post taken back to draft too), `votes` (`{"id","votes"}`), and `reset` (`{}`) where something was missed, because the `Last-Event-ID` is unknown or too old. It begins with `retry:`, and a comment comes at least every 15 s. Past the bounds on open streams the oldest of whoever has most ends.
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
         * Get a ticket for the live feed
         * @description For `EventSource` and others that cannot send a token: `GET /feed/stream?ticket=…` within 60 s, once. The stream ends with the session and the token that asked for the ticket.
         */
        post: operations["issueStreamTicket"];
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
        /** Show whether the gateway takes requests */
        get: operations["showHealth"];
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
         * Open a session
         * @description By the password form of OAuth 2.0 (RFC 6749, 4.3.2); its other fields are ignored.
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
        /** End this session */
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
         * List what moderators, admins and operators did
         * @description For moderators. Nothing is ever changed in it. Acts on accounts show up within two seconds.
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
         * List the reports that nobody has settled
         * @description For moderators.
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
         * Settle a report without a removal
         * @description For moderators. A removal settles all reports on its post.
         */
        delete: operations["settleReport"];
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
        /** Show this document */
        get: operations["showDocument"];
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
         * Set a new password with the token of a mail
         * @description Every session of the user ends. A second factor stays on.
         */
        put: operations["resetPassword"];
        /**
         * Ask for a mail to set a new password
         * @description The answer is the same whether the address has an account or not. The token is good for 30 minutes; a newer one voids it.
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
         * List the own posts
         * @description Follow `Link: <…>; rel="next"` for the next page.
         */
        get: operations["listOwnPosts"];
        put?: never;
        /**
         * Write a post
         * @description As a draft when `published` is false.
         */
        post: operations["publishPost"];
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
        /** Show a post */
        get: operations["showPost"];
        /** Replace the text of an own post */
        put: operations["replacePost"];
        post?: never;
        /**
         * Delete an own post
         * @description Its votes go with it.
         */
        delete: operations["deletePost"];
        options?: never;
        head?: never;
        /** Change parts of an own post */
        patch: operations["changePost"];
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
         * @description For moderators. For all but its owner and moderators the post is then as a draft of somebody else's. Reports on it are settled. Of a post that is removed already, the reason is replaced.
         */
        put: operations["removePost"];
        post?: never;
        /**
         * Take the removal of a post back
         * @description For moderators.
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
        /** Report a post to the moderators */
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
         * Exchange a refresh token
         * @description Each is good for one exchange. One that comes twice was stolen by one of the two: the session ends.
         */
        post: operations["refreshSession"];
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
        /** List the own sessions */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /** End every session of the user */
        delete: operations["endAllSessions"];
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
        /** End one session */
        delete: operations["endSession"];
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
         * List all accounts
         * @description For admins.
         */
        get: operations["listAccounts"];
        put?: never;
        /**
         * Make an account
         * @description The address is trimmed and compared without regard to case; there is one account per address. Without a name the account is shown as `user_<id>`.
         */
        post: operations["registerUser"];
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
        /** Show a user */
        get: operations["showUser"];
        put?: never;
        post?: never;
        /**
         * Delete an account
         * @description For admins; not of another admin. As if its owner had done it: posts and votes go with the account.
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
         * @description For moderators; not for somebody of the same or a higher role. All sessions of the user end. Posts and votes stay. Of somebody who is banned already, the ban is replaced.
         */
        put: operations["banUser"];
        post?: never;
        /**
         * Take the ban of a user back
         * @description For moderators; not for somebody of the same or a higher role.
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
         * Give a user another role
         * @description For admins; not for another admin, nor for oneself. The sessions of the user end, as their tokens name the role. `npm run accounts -- grant` makes the first admin.
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
        /** Show the own account */
        get: operations["showOwnUser"];
        put?: never;
        post?: never;
        /**
         * Delete the own account
         * @description All sessions end at once; posts and votes go with the account.
         */
        delete: operations["deleteOwnUser"];
        options?: never;
        head?: never;
        /**
         * Change the own name
         * @description Posts show the new name within two seconds. `user_` and digits is free only to its own account.
         */
        patch: operations["renameOwnUser"];
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
         * Change the e-mail address
         * @description A mail to the new address asks to confirm it, one to the old address says so. The address changes when it is confirmed; sessions stay.
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
         * Send the confirmation mail again
         * @description Its token takes the place of older ones. No mail is sent when there is nothing to confirm.
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
         * Export all that is kept of the own account
         * @description The account, its sessions, its posts with drafts, and its votes, as one document to save.
         */
        get: operations["exportAccount"];
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
         * Change the password
         * @description Every other session of the user ends, and a mail says so.
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
         * Turn the second factor on
         * @description From now on `POST /login` needs `totp`. Each recovery code takes the place of a code once.
         */
        put: operations["enableTotp"];
        /**
         * Make the secret of a second factor
         * @description The factor is not on yet: `PUT /users/me/totp` turns it on with a first code. Asking again replaces the secret.
         */
        post: operations["prepareTotp"];
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
         * Turn the second factor off
         * @description Its secret and recovery codes are forgotten.
         */
        post: operations["removeTotp"];
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
        /** List the own votes among some posts */
        get: operations["listOwnVotes"];
        put?: never;
        /**
         * Vote for a post, or take the vote back
         * @description The count of the post follows a moment later.
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
            /** @description Whether the address is confirmed. */
            email_verified: boolean;
            id: number;
            name: string;
            /** @enum {string} */
            role: "user" | "moderator" | "admin";
            /** @description Whether a second factor is on. */
            totp: boolean;
        };
        /**
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
        AuthorizationServer: {
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
         * @example {
         *       "reason": "Advertises in every comment.",
         *       "until": "2027-01-31T12:00:00Z"
         *     }
         */
        Ban: {
            reason: string;
            /**
             * Format: date-time
             * @description When the ban ends, RFC 3339; without it the ban has no end.
             */
            until?: string;
        };
        /**
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
         * @example {
         *       "token": "dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls"
         *     }
         */
        EmailConfirmation: {
            /** @description From the link in the mail: what follows the `=`. */
            token: string;
        };
        Export: {
            account: components["schemas"]["Account"];
            /** @description As `GET /posts` shows them, the oldest first. */
            posts: Record<string, never>[];
            sessions: components["schemas"]["Session"][];
            votes: {
                /** Format: date-time */
                created_at: string;
                post_id: number;
            }[];
        };
        FieldError: {
            /** @description Where it is: `body`, the name of a field or of a parameter. */
            field: string;
            message: string;
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        KeySet: {
            keys: ({
                alg: string;
                kid: string;
                kty: string;
                use: string;
            } & {
                [key: string]: unknown;
            })[];
        };
        /**
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
        ListedAccount: {
            /**
             * Format: date-time
             * @description `9999-12-31T23:59:59Z` for a ban without an end, null where there is none.
             */
            banned_until: string | null;
            /** Format: date-time */
            created_at: string;
            /** Format: email */
            email: string;
            /** @description Whether the address is confirmed. */
            email_verified: boolean;
            id: number;
            name: string;
            /** @enum {string} */
            role: "user" | "moderator" | "admin";
            /** @description Whether a second factor is on. */
            totp: boolean;
        };
        /**
         * @example {
         *       "username": "ada@example.com",
         *       "password": "correct horse"
         *     }
         */
        Login: {
            /**
             * @description An empty one is none.
             * @enum {string}
             */
            grant_type?: "password" | "";
            /** Format: password */
            password: string;
            /** @description Where the second factor is on: a code of now, or a recovery code. */
            totp?: string;
            /** @description The e-mail address. */
            username: string;
        };
        /**
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
        ModerationAct: {
            /** @enum {string} */
            action: "post-removed" | "post-restored" | "report-settled" | "user-banned" | "user-unbanned" | "role-changed" | "user-deleted" | "sessions-ended" | "password-reset-sent";
            /** @description Null for an operator's command. */
            actor_id: number | null;
            /** Format: date-time */
            created_at: string;
            id: number;
            post_id: number | null;
            /** @description With `role-changed`, the new role. */
            reason: string | null;
            user_id: number | null;
        };
        /**
         * @example {
         *       "voted": [
         *         1,
         *         3
         *       ]
         *     }
         */
        OwnVotes: {
            voted: number[];
        };
        /**
         * @example {
         *       "current_password": "correct horse",
         *       "new_password": "battery staple"
         *     }
         */
        PasswordChange: {
            current_password: string;
            /**
             * Format: password
             * @description 8 to 72 bytes in UTF-8 and NFC, without U+0000; none of the most common passwords.
             */
            new_password: string;
        };
        /**
         * @example {
         *       "current_password": "correct horse"
         *     }
         */
        PasswordCheck: {
            current_password: string;
        };
        /**
         * @example {
         *       "token": "dGhlIHRva2VuIGZyb20gdGhlIGxpbmsgaW4gYSBtYWls",
         *       "new_password": "battery staple"
         *     }
         */
        PasswordReset: {
            /**
             * Format: password
             * @description 8 to 72 bytes in UTF-8 and NFC, without U+0000; none of the most common passwords.
             */
            new_password: string;
            /** @description From the link in the mail: what follows the `=`. */
            token: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com"
         *     }
         */
        PasswordResetRequest: {
            /** Format: email */
            email: string;
        };
        /**
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
            /** @description Whether the caller has voted for it, with `include=my_vote`; null where that is not known. */
            my_vote?: boolean | null;
            owner: components["schemas"]["User"];
            owner_id: number;
            /** @description A draft is seen by its owner alone. */
            published: boolean;
            /** @description Of a post that a moderator has removed, which its owner and moderators alone see. */
            removed?: {
                reason: string;
                /** Format: date-time */
                removed_at: string;
            };
            title: string;
            /** Format: date-time */
            updated_at: string;
            votes: number;
        };
        /**
         * @example {
         *       "published": true
         *     }
         */
        PostChanges: {
            content?: string;
            published?: boolean;
            title?: string;
        };
        /**
         * @example {
         *       "title": "How to prune roses",
         *       "content": "In early spring, above an outward bud.",
         *       "published": true
         *     }
         */
        PostText: {
            content: string;
            /** @description true unless it is given. */
            published?: boolean;
            title: string;
        };
        /** @description An error (RFC 9457). */
        Problem: {
            /** @description A stable word for programs. */
            code: string;
            /** @description A sentence for people. */
            detail: string;
            /** @description At `/login` and `/refresh`: the error code of OAuth 2.0 (RFC 6749, 5.2). */
            error?: string;
            /** @description Likewise: `detail`, for OAuth 2.0 clients. */
            error_description?: string;
            /** @description With 422: one entry for every bad field. */
            errors?: components["schemas"]["FieldError"][];
            request_id: string;
            status: number;
            /** @description The name of the status. */
            title: string;
            type: string;
        };
        /**
         * @example {
         *       "reason": "It advertises a shop."
         *     }
         */
        Reason: {
            reason: string;
        };
        /**
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
         * @example {
         *       "refresh_token": "dGhlIGxhc3QgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl"
         *     }
         */
        Refresh: {
            refresh_token: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com",
         *       "password": "correct horse",
         *       "name": "ada"
         *     }
         */
        Registration: {
            /** Format: email */
            email: string;
            /** @description Unique without regard to case. */
            name?: string;
            /**
             * Format: password
             * @description 8 to 72 bytes in UTF-8 and NFC, without U+0000; none of the most common passwords.
             */
            password: string;
        };
        /**
         * @example {
         *       "name": "ada"
         *     }
         */
        Renaming: {
            /** @description Unique without regard to case. */
            name: string;
        };
        /**
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
        /**
         * @example {
         *       "role": "moderator"
         *     }
         */
        RoleChange: {
            /** @enum {string} */
            role: "user" | "moderator" | "admin";
        };
        Root: {
            docs: string;
            name: string;
            version: string;
        };
        /**
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
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** Format: date-time */
            expires_at: string;
            /** Format: uuid */
            id: string;
            /** @description Where it was opened from. */
            ip: string;
            /** Format: date-time */
            last_used_at: string;
            user_agent: string;
        };
        /**
         * @example {
         *       "ticket": "qO3s0WgAS8Kl7tBq1P1J6nq2gT1bJr3bXw9Xo4m5mZc"
         *     }
         */
        StreamTicket: {
            ticket: string;
        };
        /**
         * @example {
         *       "access_token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
         *       "token_type": "bearer",
         *       "expires_in": 900,
         *       "refresh_token": "dGhlIG5leHQgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl"
         *     }
         */
        Token: {
            /** @description Sent as `Authorization: Bearer …`. */
            access_token: string;
            /** @description Seconds until the access token ends. */
            expires_in: number;
            /** @description To be used once, with `POST /refresh`. */
            refresh_token: string;
            /** @enum {string} */
            token_type: "bearer";
        };
        /**
         * @example {
         *       "code": "492039"
         *     }
         */
        TotpCode: {
            code: string;
        };
        /**
         * @example {
         *       "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
         *       "uri": "otpauth://totp/Agora:ada%40example.com?issuer=Agora&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30"
         *     }
         */
        TotpPreparation: {
            /** @description In base32, to be typed into an authenticator. */
            secret: string;
            /** @description The same as an `otpauth` URI, to be shown as a QR code. */
            uri: string;
        };
        /**
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
             * @description Only with the setting `PUBLIC_EMAILS`.
             */
            email?: string;
            id: number;
            name: string;
        };
        VoteChange: {
            /** @enum {string} */
            message: "Vote added successfully" | "Vote deleted successfully";
        };
        /**
         * @example {
         *       "post_id": 42,
         *       "dir": 1
         *     }
         */
        VoteRequest: {
            /** @description 1 adds the vote, anything less takes it back. */
            dir: number;
            post_id: number;
        };
    };
    responses: {
        /** @description Conflict: `already_reported` (You have reported this post; a moderator will look at it.) */
        AlreadyReported: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "already_reported";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Bad Gateway: `bad_gateway` (The service broke off before it answered.) */
        BadGateway: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "bad_gateway";
                    /** @constant */
                    status?: 502;
                };
            };
        };
        /** @description Forbidden: `banned` (This account is banned.) `invalid_credentials` (Invalid credentials) `totp_required` (This account has a second factor. Send a code of it as `totp`.) */
        BannedOrInvalidCredentialsOrTotpRequired: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "banned" | "invalid_credentials" | "totp_required";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Not Found: `ban_not_found` (User 7 is not banned.) `not_found` (There is nothing at this path.) `user_not_found` (There is no user 7.) */
        BanNotFoundOrNotFoundOrUserNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "ban_not_found" | "not_found" | "user_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Payload Too Large: `body_too_large` (The body must have at most 131072 bytes.) */
        BodyTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "body_too_large";
                    /** @constant */
                    status?: 413;
                };
            };
        };
        /** @description Service Unavailable: `draining` (The gateway is shutting down.) */
        Draining: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "draining";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first; POST /users/me/email/confirmation sends the mail again.) */
        EmailNotConfirmed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "email_not_confirmed";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Forbidden: `email_not_confirmed` (Confirm your e-mail address first; POST /users/me/email/confirmation sends the mail again.) `not_owner` (Only its owner may change or delete a post.) */
        EmailNotConfirmedOrNotOwner: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "email_not_confirmed" | "not_owner";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Conflict: `email_taken` (An account with this e-mail exists.) */
        EmailTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "email_taken";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Conflict: `email_taken` (An account with this e-mail exists.) `name_taken` (Somebody else has this name. Choose another one.) */
        EmailTakenOrNameTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "email_taken" | "name_taken";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Gateway Timeout: `gateway_timeout` (The service took too long to answer.) */
        GatewayTimeout: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "gateway_timeout";
                    /** @constant */
                    status?: 504;
                };
            };
        };
        /** @description Conflict: `idempotency_key_in_use` (The first request with this key is still running.) */
        IdempotencyKeyInUse: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_key_in_use";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Unprocessable Entity: `idempotency_key_reused` (This key was used with another body.) `validation_failed` (The request has invalid values.) */
        IdempotencyKeyReusedOrValidationFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "idempotency_key_reused" | "validation_failed";
                    /** @constant */
                    status?: 422;
                };
            };
        };
        /** @description Internal Server Error: `internal_error` (Something went wrong on our side. The request id helps us to find it.) */
        InternalError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal_error";
                    /** @constant */
                    status?: 500;
                };
            };
        };
        /** @description Forbidden: `invalid_code` (The code is wrong. Ask for a secret first, and send a code of it.) */
        InvalidCode: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_code";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Forbidden: `invalid_credentials` (Invalid credentials) */
        InvalidCredentials: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_credentials";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Forbidden: `invalid_mail_token` (The token is wrong, used or expired. Ask for a new mail.) */
        InvalidMailToken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_mail_token";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Unauthorized: `invalid_refresh_token` (The refresh token is invalid, expired or used.) */
        InvalidRefreshToken: {
            headers: {
                /**
                 * @description How to authenticate (RFC 6750); `error="invalid_token"` when a token was sent.
                 * @example Bearer realm="agora"
                 */
                "WWW-Authenticate": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_refresh_token";
                    /** @constant */
                    status?: 401;
                };
            };
        };
        /** @description Unauthorized: `invalid_token` (The access token is invalid, expired or revoked.) `token_missing` (This request needs an access token.) */
        InvalidTokenOrTokenMissing: {
            headers: {
                /**
                 * @description How to authenticate (RFC 6750); `error="invalid_token"` when a token was sent.
                 * @example Bearer realm="agora"
                 */
                "WWW-Authenticate": string;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_token" | "token_missing";
                    /** @constant */
                    status?: 401;
                };
            };
        };
        /** @description Bad Request: `malformed_body` (The body could not be read as what its content type says.) `malformed_request` (The request could not be read.) */
        MalformedBodyOrMalformedRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_body" | "malformed_request";
                    /** @constant */
                    status?: 400;
                };
            };
        };
        /** @description Bad Request: `malformed_request` (The request could not be read.) */
        MalformedRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_request";
                    /** @constant */
                    status?: 400;
                };
            };
        };
        /** @description Conflict: `name_taken` (Somebody else has this name. Choose another one.) */
        NameTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "name_taken";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Forbidden: `not_allowed` (Your role does not allow this.) */
        NotAllowed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_allowed";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `post_not_found` (There is no post 42.) */
        NotFoundOrPostNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found" | "post_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `post_not_found` (There is no post 42.) `removal_not_found` (Post 42 is not removed.) */
        NotFoundOrPostNotFoundOrRemovalNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found" | "post_not_found" | "removal_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `report_not_found` (There is no open report 3.) */
        NotFoundOrReportNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found" | "report_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `session_not_found` (There is no such session.) */
        NotFoundOrSessionNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found" | "session_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Not Found: `not_found` (There is nothing at this path.) `user_not_found` (There is no user 7.) */
        NotFoundOrUserNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_found" | "user_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Forbidden: `not_owner` (Only its owner may change or delete a post.) */
        NotOwner: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "not_owner";
                    /** @constant */
                    status?: 403;
                };
            };
        };
        /** @description Service Unavailable: `overloaded` (Too many logins and registrations are under way.) `revocations_unknown` (Which access tokens were revoked is not known at the moment.) `service_unavailable` (The service is not available right now.) `unavailable` (A part of Agora that this request needs gives no answer.) */
        OverloadedOrRevocationsUnknownOrServiceUnavailableOrUnavailable: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "overloaded" | "revocations_unknown" | "service_unavailable" | "unavailable";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description Service Unavailable: `overloaded` (Too many logins and registrations are under way.) `service_unavailable` (The service is not available right now.) `unavailable` (A part of Agora that this request needs gives no answer.) */
        OverloadedOrServiceUnavailableOrUnavailable: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "overloaded" | "service_unavailable" | "unavailable";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description Not Found: `post_not_found` (There is no post 42.) `vote_not_found` (Vote does not exist) */
        PostNotFoundOrVoteNotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "post_not_found" | "vote_not_found";
                    /** @constant */
                    status?: 404;
                };
            };
        };
        /** @description Precondition Failed: `precondition_failed` (The post is not as this request expects it; read it again.) */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "precondition_failed";
                    /** @constant */
                    status?: 412;
                };
            };
        };
        /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) */
        RateLimited: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "rate_limited";
                    /** @constant */
                    status?: 429;
                };
            };
        };
        /** @description Too Many Requests: `rate_limited` (Too many requests. Try again later.) `too_many_attempts` (Too many registrations. Try again later.) */
        RateLimitedOrTooManyAttempts: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "rate_limited" | "too_many_attempts";
                    /** @constant */
                    status?: 429;
                };
            };
        };
        /** @description Service Unavailable: `revocations_unknown` (Which access tokens were revoked is not known at the moment.) `service_unavailable` (The service is not available right now.) `unavailable` (A part of Agora that this request needs gives no answer.) */
        RevocationsUnknownOrServiceUnavailableOrUnavailable: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "revocations_unknown" | "service_unavailable" | "unavailable";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description Service Unavailable: `service_unavailable` (The service is not available right now.) `unavailable` (A part of Agora that this request needs gives no answer.) */
        ServiceUnavailableOrUnavailable: {
            headers: {
                /** @description After how many seconds to try again. */
                "Retry-After": number;
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "service_unavailable" | "unavailable";
                    /** @constant */
                    status?: 503;
                };
            };
        };
        /** @description Conflict: `totp_disabled` (The second factor is not on.) */
        TotpDisabled: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "totp_disabled";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Conflict: `totp_enabled` (The second factor is on already. Remove it first.) */
        TotpEnabled: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "totp_enabled";
                    /** @constant */
                    status?: 409;
                };
            };
        };
        /** @description Unsupported Media Type: `unsupported_media_type` (This endpoint does not read that.) */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type";
                    /** @constant */
                    status?: 415;
                };
            };
        };
        /** @description Unprocessable Entity: `validation_failed` (The request has invalid values.) */
        ValidationFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "validation_failed";
                    /** @constant */
                    status?: 422;
                };
            };
        };
        /** @description Conflict: `vote_exists` (Vote already exists) */
        VoteExists: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "vote_exists";
                    /** @constant */
                    status?: 409;
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Stands for this write: a read that is sent with it shows it. */
        "Consistency-Token": string;
        /**
         * @description What remains of each policy: `r` requests for `t` seconds.
         * @example "user";r=599;t=60
         */
        RateLimit: string;
        /**
         * @description The policies that count this request: quota `q` in a window of `w` seconds.
         * @example "user";q=600;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description The id of the request, in every log line and error too.
         * @example 8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55
         */
        "X-Request-Id": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    showRoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Name, version and where the documentation is. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Root"];
                };
            };
            /** @description A browser (`Accept: text/html`) is sent to the documentation. */
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
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
        };
    };
    showKeySet: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys. */
            200: {
                headers: {
                    /** @description For how long to go by it. */
                    "Cache-Control": string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showMetadata: {
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
                    /** @description For how long to go by it. */
                    "Cache-Control": string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthorizationServer"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The AsyncAPI 3 document of the events that Agora publishes. `/docs/events/{type}` is the JSON Schema of one of them. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        asyncapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
        };
    };
    showDocumentation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page where everything can be tried out. */
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
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
        };
    };
    confirmEmail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            403: components["responses"]["InvalidMailToken"];
            409: components["responses"]["EmailTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listFeed: {
        parameters: {
            query?: {
                /** @description Where to go on, from `Link`; for the same reader, order and filters alone. */
                cursor?: string;
                /** @description Adds `my_vote` to each post: whether the caller has voted for it, null where that is not known in time. Such an answer has no `ETag`. */
                include?: "my_vote";
                limit?: number;
                owner_id?: number;
                /** @description How old a post may be, with `top`. */
                period?: "day" | "week" | "month" | "year" | "all";
                /** @description What the title contains, in any case. */
                search?: string;
                sort?: "new" | "top" | "hot";
            };
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of posts. It ends before it exceeds 1 MiB. */
            200: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    /** @description `</feed?…>; rel="next"` while there is more. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    streamFeed: {
        parameters: {
            query?: {
                /** @description In place of a token: one of `POST /feed/stream/tickets`. */
                ticket?: string;
            };
            header?: {
                /** @description The `id` of the last event that was seen; without it, from now on. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    issueStreamTicket: {
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Draining"];
        };
    };
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": components["schemas"]["Login"];
                "multipart/form-data": components["schemas"]["Login"];
            };
        };
        responses: {
            /** @description An access token and a refresh token. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            403: components["responses"]["BannedOrInvalidCredentialsOrTotpRequired"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrServiceUnavailableOrUnavailable"];
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
            /** @description The session has ended, and so have its tokens. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listModerationLog: {
        parameters: {
            query?: {
                /** @description Where to go on, from `Link`; for the same reader, order and filters alone. */
                cursor?: string;
                limit?: number;
            };
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
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
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    /** @description `</moderation/log?…>; rel="next"` while there is more. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModerationAct"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listReports: {
        parameters: {
            query?: {
                /** @description Where to go on, from `Link`; for the same reader, order and filters alone. */
                cursor?: string;
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
                    /** @description `</moderation/reports?…>; rel="next"` while there is more. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    settleReport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report is settled. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrReportNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showDocument: {
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
                    "application/json": {
                        openapi: string;
                    } & {
                        [key: string]: unknown;
                    };
                };
            };
            400: components["responses"]["MalformedRequest"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordReset"];
            };
        };
        responses: {
            /** @description The password is set. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            403: components["responses"]["InvalidMailToken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrServiceUnavailableOrUnavailable"];
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordResetRequest"];
            };
        };
        responses: {
            /** @description A mail will be sent if the address has an account. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listOwnPosts: {
        parameters: {
            query?: {
                /** @description Where to go on, from `Link`; for the same reader, order and filters alone. */
                cursor?: string;
                /** @description Adds `my_vote` to each post: whether the caller has voted for it, null where that is not known in time. Such an answer has no `ETag`. */
                include?: "my_vote";
                limit?: number;
                /** @description What the title contains, in any case. */
                search?: string;
                /** @description How many posts to pass over; a `cursor` goes further, and costs the same on every page. */
                skip?: number;
            };
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Drafts too, newest first. It ends before it exceeds 1 MiB. */
            200: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    /** @description `</posts?…>; rel="next"` while there is more. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Post"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    publishPost: {
        parameters: {
            query?: never;
            header?: {
                /** @description Any text of the client's choice, such as a UUID: for 24 hours a retry under it is answered as the first request was. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostText"];
            };
        };
        responses: {
            /** @description The post. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Changes with the text and with the votes; for `If-Match` the text alone counts. */
                    ETag: string;
                    /** @description `true` when the key had been answered before. */
                    "Idempotency-Replayed"?: string;
                    /** @description The path of the post. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["EmailNotConfirmed"];
            409: components["responses"]["IdempotencyKeyInUse"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showPost: {
        parameters: {
            query?: {
                /** @description Adds `my_vote` to each post: whether the caller has voted for it, null where that is not known in time. Such an answer has no `ETag`. */
                include?: "my_vote";
            };
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
                "Consistency-Token"?: string;
                /** @description Tags of the post, or `*`. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    /** @description Changes with the text and with the votes; for `If-Match` the text alone counts. */
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
            /** @description The post is as `If-None-Match` says. */
            304: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    /** @description The tag that it still has. */
                    ETag: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    replacePost: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tag of the text that is meant to change: a later one is refused with 412. */
                "If-Match"?: string;
                /** @description Tags of the post, or `*`. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostText"];
            };
        };
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Changes with the text and with the votes; for `If-Match` the text alone counts. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["EmailNotConfirmedOrNotOwner"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deletePost: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tag of the text that is meant to change: a later one is refused with 412. */
                "If-Match"?: string;
                /** @description Tags of the post, or `*`. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post is gone. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotOwner"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            412: components["responses"]["PreconditionFailed"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changePost: {
        parameters: {
            query?: never;
            header?: {
                /** @description The tag of the text that is meant to change: a later one is refused with 412. */
                "If-Match"?: string;
                /** @description Tags of the post, or `*`. */
                "If-None-Match"?: string;
            };
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PostChanges"];
            };
        };
        responses: {
            /** @description The post. */
            200: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description Changes with the text and with the votes; for `If-Match` the text alone counts. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["EmailNotConfirmedOrNotOwner"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    removePost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    restorePost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The post is back, and so are its votes. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrPostNotFoundOrRemovalNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    reportPost: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            /** @description A moderator will look at it. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            404: components["responses"]["NotFoundOrPostNotFound"];
            409: components["responses"]["AlreadyReported"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Refresh"];
                "application/x-www-form-urlencoded": components["schemas"]["Refresh"];
            };
        };
        responses: {
            /** @description An access token and a refresh token. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidRefreshToken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["ServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that have not ended, the last used first. */
            200: {
                headers: {
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    endAllSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All sessions have ended, this one too. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session has ended, and so have its tokens. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            404: components["responses"]["NotFoundOrSessionNotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /** @description Where to go on, from `Link`; for the same reader, order and filters alone. */
                cursor?: string;
                limit?: number;
                /** @description What the name or the address contains, in any case. */
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
                    /** @description `</users?…>; rel="next"` while there is more. */
                    Link?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListedAccount"][];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    registerUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description The account. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    /** @description The path of the account. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            409: components["responses"]["EmailTakenOrNameTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What everybody sees of the account. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            404: components["responses"]["NotFoundOrUserNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is gone. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrUserNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    banUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrUserNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    unbanUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["BanNotFoundOrNotFoundOrUserNotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    changeRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleChange"];
            };
        };
        responses: {
            /** @description The user has that role. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["NotAllowed"];
            404: components["responses"]["NotFoundOrUserNotFound"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    showOwnUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account of the caller. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    deleteOwnUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account is gone. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    renameOwnUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Renaming"];
            };
        };
        responses: {
            /** @description The account. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            409: components["responses"]["NameTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmailChange"];
            };
        };
        responses: {
            /** @description The mails will be sent. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["InvalidCredentials"];
            409: components["responses"]["EmailTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrRevocationsUnknownOrServiceUnavailableOrUnavailable"];
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
            /** @description The mail will be sent. */
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
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    exportAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The export. */
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
                    "application/json": components["schemas"]["Export"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["InvalidCredentials"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrRevocationsUnknownOrServiceUnavailableOrUnavailable"];
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
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpCode"];
            };
        };
        responses: {
            /** @description Recovery codes, shown this once. */
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["InvalidCode"];
            409: components["responses"]["TotpEnabled"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    prepareTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordCheck"];
            };
        };
        responses: {
            /** @description The secret, shown this once. */
            201: {
                headers: {
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpPreparation"];
                };
            };
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["InvalidCredentials"];
            409: components["responses"]["TotpEnabled"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrRevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    removeTotp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordCheck"];
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
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["InvalidCredentials"];
            409: components["responses"]["TotpDisabled"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimitedOrTooManyAttempts"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["OverloadedOrRevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    listOwnVotes: {
        parameters: {
            query: {
                /** @description 1 to 100 ids with commas between. */
                post_ids: number[];
            };
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those of the posts that the caller has voted for, in ascending order. */
            200: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnVotes"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
    castVote: {
        parameters: {
            query?: never;
            header?: {
                /** @description That of a write, which the answer shows then. It is waited for up to 2 s. */
                "Consistency-Token"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VoteRequest"];
            };
        };
        responses: {
            /** @description The vote was added, or taken back. */
            201: {
                headers: {
                    /** @description `stale` when the write is still missing. */
                    Consistency?: string;
                    "Consistency-Token": components["headers"]["Consistency-Token"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VoteChange"];
                };
            };
            400: components["responses"]["MalformedBodyOrMalformedRequest"];
            401: components["responses"]["InvalidTokenOrTokenMissing"];
            403: components["responses"]["EmailNotConfirmed"];
            404: components["responses"]["PostNotFoundOrVoteNotFound"];
            409: components["responses"]["VoteExists"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            502: components["responses"]["BadGateway"];
            503: components["responses"]["RevocationsUnknownOrServiceUnavailableOrUnavailable"];
            504: components["responses"]["GatewayTimeout"];
        };
    };
}
