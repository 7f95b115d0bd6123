// The journey with a client that openapi-generator generated.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	agora "check/agora"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	configuration := agora.NewConfiguration()
	configuration.Servers = agora.ServerConfigurations{{URL: os.Getenv("AGORA_URL")}}
	client := agora.NewAPIClient(configuration)
	ctx := context.Background()
	unique := fmt.Sprintf("generator-%d", time.Now().UnixNano())
	email, password := unique+"@example.test", "a long enough password"
	account, _, err := client.AuthAPI.Register(ctx).Registration(*agora.NewRegistration(email, password)).Execute()
	check(err)
	_, _, err = client.AuthAPI.LogIn(ctx).Username(email).Password("not the password").Execute()
	var refused *agora.GenericOpenAPIError
	if !errors.As(err, &refused) {
		panic("a wrong password was accepted")
	}
	if problem, ok := refused.Model().(agora.Problem); !ok || problem.Code != agora.INVALID_CREDENTIALS {
		panic(fmt.Sprintf("%T", refused.Model()))
	}
	token, _, err := client.AuthAPI.LogIn(ctx).Username(email).Password(password).Execute()
	check(err)
	me := context.WithValue(ctx, agora.ContextAccessToken, token.AccessToken)
	post, _, err := client.PostsAPI.CreatePost(me).PostInput(*agora.NewPostInput(unique, "Written by a generated client.")).Execute()
	check(err)
	if !post.Published || post.OwnerId != account.Id {
		panic("another post")
	}
	_, answer, err := client.VotesAPI.CastVote(me).VoteRequest(*agora.NewVoteRequest(post.Id, 1)).Execute()
	check(err)
	feed, _, err := client.PostsAPI.ListFeed(me).Search(unique).ConsistencyToken(answer.Header.Get("Consistency-Token")).Execute()
	check(err)
	if len(feed) != 1 || feed[0].Votes != 1 {
		panic("the feed does not show the vote")
	}
}
