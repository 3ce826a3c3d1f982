package dev.stasis.image;

/// Who somebody is at a registry.
///
/// @param user the user's name; `<token>` = the secret is an identity token
/// @param secret the password or token
public record Credentials(String user, String secret) {
    private static final String TOKEN_USER = "<token>";

    /// An identity token, which a registry gave at a login.
    static Credentials token(String token) {
        return new Credentials(TOKEN_USER, token);
    }

    boolean isToken() {
        return user.equals(TOKEN_USER);
    }

    /// Says nothing of the secret.
    @Override
    public String toString() {
        return "credentials of " + user;
    }
}
