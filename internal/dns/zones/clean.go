package zones

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

var (
	hexPattern  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	wordPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

func hexID(s string) (string, error) {
	s = strings.ToLower(s)
	if !hexPattern.MatchString(s) {
		return "", errors.New("is 32 characters of 0-9 and a-f; copy it from the zone's overview page at Cloudflare")
	}
	return s, nil
}

func token(s string) (string, error) {
	if f := strings.Fields(s); len(f) == 2 && strings.EqualFold(f[0], "bearer") {
		s = f[1]
	}
	if strings.ContainsAny(s, " \t\r\n") {
		return "", errors.New("has a space or a line break in it; paste the token alone")
	}
	return s, nil
}

func word(s string) (string, error) {
	if !wordPattern.MatchString(s) {
		return "", errors.New("is a user name of letters, digits, dots, hyphens and underscores")
	}
	return s, nil
}

// sha256Fingerprint takes the spellings of common tools.
func sha256Fingerprint(s string) (string, error) {
	s = strings.ToLower(strings.NewReplacer(":", "", " ", "", "sha256=", "", "SHA256=", "").Replace(s))
	if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return "", errors.New("is 64 characters of 0-9 and a-f, as \"openssl x509 -noout -fingerprint -sha256\" prints them")
	}
	return s, nil
}

// hestiaServer ends in a slash, as the reference product saves it. Plain http answers with a redirect and would show the
// password of root to everyone on the way.
func hestiaServer(s string) (string, error) {
	u, err := server(s, "/login", "/api/index.php", "/api")
	if err != nil {
		return "", err
	}
	if u.Scheme != "https" {
		return "", errors.New("begins with https://; over http the password could be read on the way")
	}
	if u.Port() == "" {
		u.Host += ":8083"
	}
	return u.String() + "/", nil
}

func powerDNSServer(s string) (string, error) {
	u, err := server(s, "/api/v1/servers/localhost", "/api/v1/servers", "/api/v1", "/api")
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// server is a base URL without what people copy along with it.
func server(s string, tails ...string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("is a URL such as https://dns.example.org:8081")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("holds no user, password or question mark; write the address alone")
	}
	u.Host = strings.ToLower(u.Host)
	u.Path = strings.TrimRight(u.Path, "/")
	for _, tail := range tails {
		if cut, ok := strings.CutSuffix(u.Path, tail); ok {
			u.Path = strings.TrimRight(cut, "/")
			break
		}
	}
	u.RawPath = ""
	return u, nil
}
