//! Words that stand where a secret would, and words of the trade that look like one. Data, parted by single spaces.

/// Values that are no secret when they are the whole value.
pub(super) const STAND_INS: &str = "password passwort kennwort passwd pass pwd secret geheim token key \
    apikey api_key api-key user username value wert string str text none null nil undefined true false \
    empty leer hidden redacted removed masked unknown required optional example changeme change_me \
    change-me placeholder dummy here todo tbd n/a na motdepasse contraseña senha mypassword my_password \
    yourpassword mysecretpassword secretpassword mysecret my-secret-pw";

/// Parts that no secret has.
pub(super) const STAND_IN_PARTS: &str = "your_ your- _your -your < > ... … *** ••• ●● xxxx placeholder \
    redacted replace _here -here ${ {{ }} %( insert dein_ dein- mein_ my-api votre_ votre- tu_ su_ ████";

/// Parts of words that mix letters and digits and mean something.
pub(super) const TERMS: &str = "base64url base64 base32 base58 sha256sum sha256 sha512 sha384 sha1 sha3 \
    sha2 md5 hs256 hs512 rs256 es256 aes256 aes128 aes rsa4096 rsa2048 ed25519 x25519 argon2id argon2 \
    pbkdf2 bcrypt utf8 utf16 oauth2 oauth1 oauth http2 http3 ipv4 ipv6 wpa2 wpa3 2fa mfa u2f fido2 jwt \
    hmac 256 128 512 4096 2048 bit bits bytes byte encoded hashed hash kodiert chars char characters \
    digit digits stellig stellige stelliges zeichen hex gcm cbc like style only based minute minutes \
    hour hours day days tage version v1 v2 v3 v4";

/// Endings of files and domains.
pub(super) const ENDINGS: &str = "com org net de io md txt json toml yaml yml env py rs js ts html pdf \
    png jpg pem key conf cfg ini sh fr es it eu dev";

/// Whether `list` has this word.
pub(super) fn holds(list: &str, word: &str) -> bool {
    list.split(' ').any(|each| each == word)
}
