// The journey with a client that ogen generated.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"check/agora"

	"github.com/ogen-go/ogen/ogenerrors"
)

type tokens struct{ access string }

func (t *tokens) BearerAuth(context.Context, agora.OperationName) (agora.BearerAuth, error) {
	return agora.BearerAuth{Token: t.access}, nil
}

func (t *tokens) Oauth2Password(context.Context, agora.OperationName) (agora.Oauth2Password, error) {
	return agora.Oauth2Password{}, ogenerrors.ErrSkipClientSecurity
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func as[T any](value any) T {
	result, ok := value.(T)
	if !ok {
		panic(fmt.Sprintf("%T", value))
	}
	return result
}

func main() {
	ctx := context.Background()
	source := &tokens{}
	client := must(agora.NewClient(os.Getenv("AGORA_URL"), source))
	unique := fmt.Sprintf("ogen-%d", time.Now().UnixNano())
	email, password := unique+"@example.test", "a long enough password"
	account := as[*agora.AccountHeaders](must(client.Register(ctx, &agora.Registration{Email: email, Password: password}))).Response
	refused := must(client.LogIn(ctx, &agora.LoginRequest{Username: email, Password: "not the password"}))
	if as[*agora.LogInForbidden](refused).Response.Code != agora.ProblemCodeInvalidCredentials {
		panic("another code")
	}
	source.access = as[*agora.TokenHeaders](must(client.LogIn(ctx, &agora.LoginRequest{Username: email, Password: password}))).Response.AccessToken
	created := must(client.CreatePost(ctx, &agora.PostInput{Title: unique, Content: "Written by a generated client."}, agora.CreatePostParams{}))
	post := as[*agora.PostHeaders](created).Response
	if !post.Published || post.OwnerID != account.ID {
		panic("another post")
	}
	vote := as[*agora.VoteResultHeaders](must(client.CastVote(ctx, &agora.VoteRequest{PostID: post.ID, Dir: 1}, agora.CastVoteParams{})))
	feed := as[*agora.PostListHeaders](must(client.ListFeed(ctx, agora.ListFeedParams{Search: agora.NewOptString(unique), ConsistencyToken: vote.ConsistencyToken}))).Response
	if len(feed) != 1 || feed[0].Votes != 1 {
		panic("the feed does not show the vote")
	}
}
