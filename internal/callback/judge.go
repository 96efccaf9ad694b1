package callback

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/kvmbridge/kvmbridge/bridge"
)

// judge decides what became of a request from what came back.
func judge(resp *http.Response) (bridge.Answer, error) {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return bridge.Answer{}, &Error{NotSent, "redirect", fmt.Sprintf("WHMCS redirects the callback address to %s. "+
			"Signed requests do not follow; set the final address in the addon's settings.", destination(resp)), nil}
	}
	answer, err := bridge.ReadAnswer(resp)
	if err != nil {
		return bridge.Answer{}, unreadable(resp.StatusCode, err)
	}
	if answer.Result == bridge.ResultSuccess && resp.StatusCode == http.StatusOK {
		return answer, nil
	}
	return answer, &Error{outcomeOfCode(answer), answer.Code, "WHMCS refused: " + sentence(answer), nil}
}

// unreadable is something else than the callback: a web server that has no such file did nothing, anything else may have.
func unreadable(status int, err error) error {
	const advice = "Check the callback address in the addon's settings."
	if !errors.Is(err, bridge.ErrNotAnswer) {
		return &Error{Unknown, "broken_answer", "WHMCS took the request and its answer broke off.", err}
	}
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnauthorized, http.StatusForbidden, http.StatusGone:
		return &Error{NotSent, "not_callback", fmt.Sprintf("The web server answered HTTP %d by itself. %s", status, advice), err}
	default:
		return &Error{Unknown, "not_json", fmt.Sprintf("Something other than kvmbridge's callback answered, with HTTP %d. %s", status, advice), err}
	}
}

// outcomeOfCode: a refused signature means that nothing was looked at; a fault inside WHMCS leaves it open how far it got.
func outcomeOfCode(a bridge.Answer) Outcome {
	switch a.Code {
	case bridge.CodeMissingSignature, bridge.CodeUnknownKey, bridge.CodeBadSignature, bridge.CodeStaleTime, bridge.CodeReplayedNonce, bridge.CodeTooBusy:
		return NotSent
	}
	if a.Status >= http.StatusInternalServerError || a.Result == bridge.ResultSuccess {
		return Unknown
	}
	return Refused
}

func sentence(a bridge.Answer) string {
	if a.Message == "" {
		return fmt.Sprintf("no reason given (HTTP %d, code %q).", a.Status, a.Code)
	}
	return a.Message
}

// destination is where a redirect points, without its query.
func destination(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || u.Host == "" && u.Path == "" {
		return "nowhere"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
