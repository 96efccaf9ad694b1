package callback

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/kvmbridge/kvmbridge/bridge"
)

// Names of effects.
const (
	EffectPing                = "Ping"
	EffectSendEmail           = "SendEmail"
	EffectLogActivity         = "LogActivity"
	EffectModuleLog           = "ModuleLog"
	EffectDecrypt             = "Decrypt"
	EffectUpdateClientProduct = "UpdateClientProduct"
)

// Email is the arguments of SendEmail, in the words of WHMCS's API.
type Email struct {
	Template  string            `json:"messagename"` // its name in tblemailtemplates
	ServiceID int64             `json:"id"`
	Vars      map[string]string `json:"customvars"` // merge fields beside WHMCS's own; never nil
}

// Activity is the arguments of LogActivity.
type Activity struct {
	Description string `json:"description"`
	ClientID    int64  `json:"client_id"` // 0 = nobody's
}

// ModuleLogEntry is the arguments of ModuleLog. WHMCS keeps the line only while its module log is switched on.
type ModuleLogEntry struct {
	Module   string `json:"module"`
	Action   string `json:"action"`
	Request  string `json:"request"`
	Response string `json:"response"`
}

// ClientProduct is the arguments of UpdateClientProduct, in the words of WHMCS's API.
type ClientProduct struct {
	ServiceID int64         `json:"serviceid"`
	Password  bridge.Secret `json:"servicepassword"` // plain; WHMCS encrypts it, and ignores an empty one
}

// Mail has WHMCS send an e-mail about a service. The id names the effect in logs of both sides.
func (c *Client) Mail(ctx context.Context, id, template string, serviceID int64, vars map[string]string) error {
	if vars == nil {
		vars = map[string]string{}
	}
	_, err := c.Send(ctx, id, EffectSendEmail, Email{template, serviceID, vars})
	return err
}

// Activity writes a line into WHMCS's activity log; clientID 0 when it is about no client.
func (c *Client) Activity(ctx context.Context, id, text string, clientID int64) error {
	_, err := c.Send(ctx, id, EffectLogActivity, Activity{text, clientID})
	return err
}

// ModuleLog writes an entry into WHMCS's module log.
func (c *Client) ModuleLog(ctx context.Context, id string, entry ModuleLogEntry) error {
	_, err := c.Send(ctx, id, EffectModuleLog, entry)
	return err
}

// UpdateClientProduct changes the password of a service through WHMCS's own API.
func (c *Client) UpdateClientProduct(ctx context.Context, id string, change ClientProduct) error {
	_, err := c.Send(ctx, id, EffectUpdateClientProduct, change)
	return err
}

// Decrypt gives the plain texts of what WHMCS has encrypted, in the same order.
func (c *Client) Decrypt(ctx context.Context, in []string) ([]string, error) {
	if len(in) == 0 {
		return nil, nil
	}
	answer, err := c.Send(ctx, newID(), EffectDecrypt, values{in})
	if err != nil {
		return nil, err
	}
	var out values
	if err := json.Unmarshal(answer.Data, &out); err != nil || len(out.Values) != len(in) {
		return nil, &Error{Unknown, "bad_values", fmt.Sprintf("WHMCS answered %s with %d values instead of %d.", EffectDecrypt, len(out.Values), len(in)), err}
	}
	return out.Values, nil
}

// Ping says whether WHMCS answers and accepts our signature.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Send(ctx, newID(), EffectPing, struct{}{})
	return err
}

type values struct {
	Values []string `json:"values"`
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // ends the program rather than fail
	return hex.EncodeToString(b[:])
}
