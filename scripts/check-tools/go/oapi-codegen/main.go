// The journey with a client that oapi-codegen generated.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"check/agora"

	"github.com/oapi-codegen/runtime/types"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	ctx := context.Background()
	var token string
	authorize := func(_ context.Context, request *http.Request) error {
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	client := must(agora.NewClientWithResponses(os.Getenv("AGORA_URL"), agora.WithRequestEditorFn(authorize)))
	unique := fmt.Sprintf("oapi-%d", time.Now().UnixNano())
	email, password := unique+"@example.test", "a long enough password"
	account := must(client.RegisterWithResponse(ctx, agora.Registration{Email: types.Email(email), Password: password})).JSON201
	refused := must(client.LogInWithFormdataBodyWithResponse(ctx, agora.LoginRequest{Username: email, Password: "not the password"}))
	if refused.ApplicationproblemJSON403.Code != agora.ProblemCodeInvalidCredentials {
		panic(string(refused.Body))
	}
	token = must(client.LogInWithFormdataBodyWithResponse(ctx, agora.LoginRequest{Username: email, Password: password})).JSON200.AccessToken
	post := must(client.CreatePostWithResponse(ctx, nil, agora.PostInput{Title: unique, Content: "Written by a generated client."})).JSON201
	if !post.Published || post.OwnerId != account.Id {
		panic("another post")
	}
	vote := must(client.CastVoteWithResponse(ctx, nil, agora.VoteRequest{PostId: post.Id, Dir: 1}))
	written := vote.HTTPResponse.Header.Get("Consistency-Token")
	feed := *must(client.ListFeedWithResponse(ctx, &agora.ListFeedParams{Search: &unique, ConsistencyToken: &written})).JSON200
	if len(feed) != 1 || feed[0].Votes != 1 {
		panic("the feed does not show the vote")
	}
}
