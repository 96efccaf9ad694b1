package courier

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWebhook_saysWhoNeedsWhat(t *testing.T) {
	t.Parallel()
	var got string
	status := http.StatusNoContent
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + string(body)
		w.WriteHeader(status)
	}))
	defer s.Close()
	h := webhook{url: s.URL, http: s.Client()}
	if err := h.send(t.Context(), 7, `no "template"`); err != nil {
		t.Fatal(err)
	}
	if want := `POST {"service_id":7,"text":"no \"template\""}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	status = http.StatusInternalServerError
	if err := h.send(t.Context(), 7, "x"); err == nil {
		t.Error("a refusal counts as told")
	}
	if err := (webhook{}).send(t.Context(), 7, "x"); err != nil {
		t.Errorf("nobody to tell: %v", err)
	}
}
