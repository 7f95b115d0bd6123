import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.UUID;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/** Spring Security finds the key set by the issuer and verifies an access token (RFC 9068). */
public final class VerifyToken {
  public static void main(String[] args) throws Exception {
    String url = System.getenv("AGORA_URL");
    String email = UUID.randomUUID() + "@example.test";
    HttpClient client = HttpClient.newHttpClient();
    client.send(HttpRequest.newBuilder(URI.create(url + "/users")).header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("{\"email\":\"" + email + "\",\"password\":\"long enough\"}")).build(),
        BodyHandlers.discarding());
    var login = client.send(HttpRequest.newBuilder(URI.create(url + "/login"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString("username=" + email + "&password=long+enough")).build(), BodyHandlers.ofString());
    var token = new ObjectMapper().readTree(login.body());
    NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(url)
        .jwsAlgorithm(SignatureAlgorithm.ES256).validateType(false).build();
    decoder.setJwtValidator(JwtValidators.createAtJwtValidator().issuer(url).audience("agora").clientId("agora").build());
    if (decoder.decode(token.get("access_token").asText()).getSubject() == null) throw new IllegalStateException("no subject");
  }
}
