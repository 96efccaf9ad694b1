package bridge_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestServer_orderReachesCommands(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	answer, err := s.client(t, bridge.Signer{Secret: testSecret}).Module(t.Context(), "CreateAccount", order(7))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Result != bridge.ResultSuccess || answer.Code != bridge.CodeOK || string(answer.Data) != "{}" || answer.Status != 200 {
		t.Errorf("answer = %+v, want success with an empty object", answer)
	}
	if s.commands.last != order(7) {
		t.Errorf("call = %#v, want what was sent", s.commands.last)
	}
}
