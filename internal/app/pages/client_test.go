package pages

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
)

// The service is the one that WHMCS has opened; its own keys stay, those that would do something once more go.
func TestClientRequest_keepsWhatIsOfWHMCS(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"action=productdetails&id=7": "clientarea.php?action=productdetails&id=7",
		"":                           "clientarea.php?action=productdetails&id=7",
		"id=8&kb=restore&kb_copy=abc&language=german&kb_done=x":         "clientarea.php?action=productdetails&id=7&language=german",
		"action=productdetails&id=7&modop=custom&a=Stop&token=T&x=%26b": "clientarea.php?action=productdetails&id=7&x=%26b",
	} {
		call := bridge.ClientAreaCall{Service: bridge.Service{ID: 7}, Args: bridge.OutputArgs{Link: "clientarea.php", Query: query, Token: "T", Form: "note=a%26b"}}
		call.Caller = bridge.Caller{Kind: bridge.CallerClient, ID: 12}
		r, err := ClientRequest(call)
		if err != nil || r.Link != want || r.Query.Get("id") != "7" || r.Client != 12 || r.Form.Get("note") != "a&b" || r.Token != "T" {
			t.Errorf("%s: %+v, %v", query, r, err)
		}
		call.Caller.Kind = bridge.CallerAdmin
		if r, err := ClientRequest(call); err != nil || r.Client != 0 {
			t.Errorf("an admin: %+v, %v", r, err)
		}
	}
	r, err := ClientRequest(bridge.ClientAreaCall{Args: bridge.OutputArgs{Query: "kb=restore&kb_copy=abc&kb_done=plan"}})
	if err != nil || r.Page != "restore" || r.Query.Get("subject") != "abc" || r.Query.Get("notice") != "plan" {
		t.Errorf("our own keys: %+v, %v", r, err)
	}
	for _, args := range []bridge.OutputArgs{{Query: "a=%zz"}, {Form: "a=%zz"}} {
		if _, err := ClientRequest(bridge.ClientAreaCall{Args: args}); err == nil {
			t.Errorf("%+v was taken", args)
		}
	}
}
