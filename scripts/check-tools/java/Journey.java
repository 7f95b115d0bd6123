import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.PostsApi;
import org.openapitools.client.api.VotesApi;
import org.openapitools.client.model.PostInput;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.ProblemCode;
import org.openapitools.client.model.Registration;
import org.openapitools.client.model.VoteRequest;

/** The journey with a client that openapi-generator generated (java, library native). */
public final class Journey {
  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("AGORA_URL"));
    AuthApi auth = new AuthApi(client);
    String email = UUID.randomUUID() + "@example.test";
    String password = "a long enough password";
    int account = auth.register(new Registration().email(email).password(password)).getId();
    try {
      auth.logIn(email, "not the password", null, null);
      throw new IllegalStateException("a wrong password was accepted");
    } catch (ApiException refused) {
      Problem problem = client.getObjectMapper().readValue(refused.getResponseBody(), Problem.class);
      if (problem.getCode() != ProblemCode.INVALID_CREDENTIALS) throw refused;
    }
    String token = auth.logIn(email, password, null, null).getAccessToken();
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    String title = UUID.randomUUID().toString();
    var post = new PostsApi(client).createPost(new PostInput().title(title).content("Written by a generated client."), null);
    if (!post.getPublished() || post.getOwnerId() != account) throw new IllegalStateException("another post");
    var vote = new VotesApi(client).castVoteWithHttpInfo(new VoteRequest().postId(post.getId()).dir(1), null);
    String written = vote.getHeaders().entrySet().stream()
        .filter(header -> header.getKey().equalsIgnoreCase("Consistency-Token"))
        .findFirst().orElseThrow().getValue().get(0);
    var feed = new PostsApi(client).listFeed(null, null, null, title, null, null, null, written);
    if (feed.size() != 1 || feed.get(0).getVotes() != 1) throw new IllegalStateException("the feed does not show the vote");
  }
}
