package cffake_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

const (
	zoneID  = "11111111111111111111111111111111"
	denied  = "22222222222222222222222222222222"
	account = "33333333333333333333333333333333"
	user    = "user-token-0123456789abcdef0123456789"
	reader  = "read-token-0123456789abcdef0123456789"
	owned   = "cfat_token-0123456789abcdef0123456789"
	bound   = "bound-token-0123456789abcdef012345678"
	good    = `{"type":"A","name":"vm1.example.org","content":"192.0.2.10","ttl":300,"proxied":false}`
)

func server(change func(*cffake.Config)) *cffake.Server {
	edit := map[string]cffake.Right{zoneID: cffake.Edit}
	cfg := cffake.Config{
		Zones: []cffake.Zone{{ID: zoneID, Name: "example.org", Account: account, Quota: 8}, {ID: denied, Name: "example.net"}},
		Tokens: []cffake.Token{
			{Value: user, Rights: edit},
			{Value: reader, Rights: map[string]cffake.Right{zoneID: cffake.ZoneRead | cffake.DNSRead}},
			{Value: owned, Account: account, Rights: edit},
			{Value: bound, IPs: []string{"198.51.100.1"}, Rights: edit},
		},
	}
	if change != nil {
		change(&cfg)
	}
	return cffake.New(cfg)
}

// reply of the fake, as far as tests look.
type reply struct {
	status int
	header http.Header
	text   string
	Errors []struct {
		Code  int `json:"code"`
		Chain []struct {
			Code int `json:"code"`
		} `json:"error_chain"`
	} `json:"errors"`
	Result json.RawMessage `json:"result"`
	Info   map[string]int  `json:"result_info"`
}

func ask(t *testing.T, s http.Handler, token, method, path, body string) reply {
	t.Helper()
	r := httptest.NewRequest(method, cffake.Prefix+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
	}
	return got
}

// says wants a status and, above 0, the code on top.
func (r reply) says(t *testing.T, status, code int) {
	t.Helper()
	if r.status != status || code > 0 && (len(r.Errors) == 0 || r.Errors[0].Code != code) || code == 0 && len(r.Errors) > 0 {
		t.Errorf("got %d %s, want %d with %d", r.status, r.text, status, code)
	}
}

const records = "/zones/" + zoneID + "/dns_records"

// planted ids: an A record, a CNAME and a PTR.
func planted(s *cffake.Server) (a, c, p string) {
	a = s.Plant(zoneID, cffake.Record{Name: "www.example.org", Type: "A", Content: "192.0.2.1"})
	c = s.Plant(zoneID, cffake.Record{Name: "alias.example.org", Type: "CNAME", Content: "www.example.org"})
	p = s.Plant(zoneID, cffake.Record{Name: "ptr.example.org", Type: "PTR", Content: "www.example.org"})
	return a, c, p
}

// The rows of the contract's table of checks, by their numbers.
func TestRefusals(t *testing.T) {
	t.Parallel()
	with := func(field, value string) string {
		var b map[string]any
		_ = json.Unmarshal([]byte(good), &b)
		var v any
		_ = json.Unmarshal([]byte(value), &v)
		b[field] = v
		raw, _ := json.Marshal(b)
		return string(raw)
	}
	like := func(name, typ, content string) string {
		return fmt.Sprintf(`{"type":%q,"name":%q,"content":%q,"ttl":300}`, typ, name, content)
	}
	missing := strings.Repeat("f", 32)
	for name, tc := range map[string]struct {
		token, method, path, body string
		status, code              int
	}{
		"1 no header":              {"", "GET", records, "", 400, 9106},
		"1 no header to verify":    {"", "GET", "/user/tokens/verify", "", 400, 1001},
		"2 no token":               {"a b", "GET", records, "", 400, 6003},
		"4 unknown token":          {missing, "GET", records, "", 403, 9109},
		"4 unknown to verify":      {missing, "GET", "/user/tokens/verify", "", 401, 1000},
		"5 other address":          {bound, "GET", records, "", 403, 9109},
		"6 account token as user":  {owned, "GET", "/user/tokens/verify", "", 401, 1000},
		"6 account token":          {owned, "GET", "/accounts/" + account + "/tokens/verify", "", 200, 0},
		"6 user token as account":  {user, "GET", "/accounts/" + account + "/tokens/verify", "", 401, 1000},
		"7 zone id is a name":      {user, "GET", "/zones/example.org/dns_records", "", 404, 7003},
		"7 record id is a word":    {user, "DELETE", records + "/x", "", 404, 7003},
		"8 zone without right":     {user, "GET", "/zones/" + denied, "", 403, 9109},
		"8 records without right":  {user, "GET", "/zones/" + denied + "/dns_records", "", 403, 10000},
		"8 unknown zone":           {user, "GET", "/zones/" + missing + "/dns_records", "", 403, 10000},
		"9 may not write":          {reader, "POST", records, good, 403, 10000},
		"9 may read":               {reader, "GET", records, "", 200, 0},
		"10 no JSON":               {user, "POST", records, "type=A", 400, 9207},
		"10 TTL is a text":         {user, "POST", records, with("ttl", `"300"`), 400, 9207},
		"11 empty name":            {user, "POST", records, with("name", `""`), 400, 9000},
		"11 empty label":           {user, "POST", records, with("name", `"a..b"`), 400, 9000},
		"11 long label":            {user, "POST", records, with("name", `"`+strings.Repeat("a", 64)+`"`), 400, 9000},
		"11 long name":             {user, "POST", records, with("name", `"`+strings.Repeat("a.", 125)+`a"`), 400, 9000},
		"12 A is no IPv4":          {user, "POST", records, with("content", `"192.0.2.256"`), 400, 9005},
		"12 A is IPv6":             {user, "POST", records, with("content", `"2001:db8::1"`), 400, 9005},
		"13 AAAA is no IPv6":       {user, "POST", records, like("x", "AAAA", "192.0.2.1"), 400, 9006},
		"14 PTR is no host":        {user, "POST", records, like("x", "PTR", "a b"), 400, 9007},
		"15 TTL short":             {user, "POST", records, with("ttl", "59"), 400, 9021},
		"15 TTL long":              {user, "POST", records, with("ttl", "86401"), 400, 9021},
		"15 TTL missing":           {user, "POST", records, with("ttl", "null"), 400, 9021},
		"15 TTL automatic":         {user, "POST", records, with("ttl", "1"), 200, 0},
		"16 PTR proxied":           {user, "POST", records, `{"type":"PTR","name":"x","content":"y.example.org","ttl":1,"proxied":true}`, 400, 9004},
		"16 private proxied":       {user, "POST", records, `{"type":"A","name":"x","content":"10.0.0.1","ttl":1,"proxied":true}`, 400, 9003},
		"16 comment too long":      {user, "POST", records, with("comment", `"`+strings.Repeat("x", 101)+`"`), 400, 9313},
		"16 comment of two lines":  {user, "POST", records, with("comment", `"a\nb"`), 400, 9314},
		"17 tags":                  {user, "POST", records, with("tags", `["a:b"]`), 400, 9300},
		"18 A on a CNAME":          {user, "POST", records, like("alias", "A", "192.0.2.1"), 400, 81054},
		"18 PTR on a CNAME":        {user, "POST", records, like("alias", "PTR", "x.example.org"), 400, 81054},
		"19 CNAME on an A":         {user, "POST", records, like("www", "CNAME", "x.example.org"), 400, 81053},
		"20 other settings":        {user, "POST", records, `{"type":"A","name":"www","content":"192.0.2.1","ttl":600}`, 400, 81057},
		"21 identical":             {user, "POST", records, like("WWW.Example.org.", "A", "192.0.2.1"), 400, 81058},
		"23 delete nothing":        {user, "DELETE", records + "/" + missing, "", 404, 81044},
		"23 patch nothing":         {user, "PATCH", records + "/" + missing, `{"ttl":300}`, 404, 81044},
		"23 put nothing":           {user, "PUT", records + "/" + missing, like("x", "A", "192.0.2.7"), 404, 81044},
		"23 get nothing":           {user, "GET", records + "/" + missing, "", 404, 81044},
		"24 other type":            {user, "PATCH", records + "/A", `{"type":"AAAA","content":"2001:db8::1"}`, 400, 9032},
		"24 put of another type":   {user, "PUT", records + "/A", like("x", "TXT", "y"), 400, 9032},
		"put without a field":      {user, "PUT", records + "/A", `{"type":"A","name":"www","content":"192.0.2.9"}`, 400, 9021},
		"unknown path":             {user, "GET", "/zones/" + zoneID + "/dns", "", 404, 7000},
		"unknown parameter":        {user, "GET", records + "?nam=x", "", 400, 9208},
		"old filter":               {user, "GET", records + "?name=contains:x", "", 200, 0},
		"page 0":                   {user, "GET", records + "?page=0", "", 400, 9208},
		"PATCH of a field that is": {user, "PATCH", records + "/A", `{"ttl":600,"proxied":false}`, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := server(nil)
			a, _, _ := planted(s)
			before := s.Records(zoneID, "", "")
			path := strings.Replace(tc.path, "/dns_records/A", "/dns_records/"+a, 1)
			got := ask(t, s, tc.token, tc.method, path, tc.body)
			got.says(t, tc.status, tc.code)
			if after := s.Records(zoneID, "", ""); tc.code > 0 && len(after) != len(before) {
				t.Errorf("records %+v after a refusal", after)
			}
		})
	}
}

func TestRefusals_quotaIsForNewRecords(t *testing.T) {
	t.Parallel()
	s := server(func(c *cffake.Config) { c.Zones[0].Quota = 3 })
	a, _, _ := planted(s)
	ask(t, s, user, "POST", records, good).says(t, 400, 81045)
	ask(t, s, user, "POST", records+"/batch", `{"deletes":[{"id":"`+a+`"}],"posts":[`+good+`]}`).says(t, 200, 0)
}

func TestRefusals_olderFormHidesTheCode(t *testing.T) {
	t.Parallel()
	s := server(func(c *cffake.Config) { c.Wrapped = true })
	planted(s)
	got := ask(t, s, user, "POST", records, strings.Replace(good, "300", "30", 1))
	got.says(t, 400, 1004)
	if len(got.Errors[0].Chain) != 1 || got.Errors[0].Chain[0].Code != 9021 {
		t.Errorf("chain of %s", got.text)
	}
	ask(t, s, user, "POST", records, strings.Replace(good, "vm1", "alias", 1)).says(t, 400, 81054)
}

func TestCreate_completesForeignNames(t *testing.T) {
	t.Parallel()
	s := server(nil)
	for given, want := range map[string]string{
		"vm1.example.net": "vm1.example.net.example.org", "VM2": "vm2.example.org", "@": "example.org",
		"vm3.Example.ORG.": "vm3.example.org", "notexample.org": "notexample.org.example.org", "m\u00fcnchen": "xn--mnchen-3ya.example.org",
	} {
		got := ask(t, s, user, "POST", records, strings.Replace(good, "vm1.example.org", given, 1))
		var r struct{ Name string }
		if _ = json.Unmarshal(got.Result, &r); r.Name != want {
			t.Errorf("%s became %s, want %s", given, got.text, want)
		}
	}
}

func TestCreate_shortensContent(t *testing.T) {
	t.Parallel()
	s := server(nil)
	ask(t, s, user, "POST", records, `{"type":"AAAA","name":"a","content":"2001:DB8:0::1","ttl":300}`).says(t, 200, 0)
	ask(t, s, user, "POST", records, `{"type":"PTR","name":"p","content":"host.example.net.","ttl":300}`).says(t, 200, 0)
	ask(t, s, user, "POST", records, `{"type":"A","name":"c","content":"192.0.2.1","ttl":300,"proxied":true}`).says(t, 200, 0)
	got := s.Records(zoneID, "", "")
	if got[0].Content != "2001:db8::1" || got[1].Content != "host.example.net" || got[2].TTL != 1 {
		t.Errorf("records %+v", got)
	}
}

func TestBatch_isAllOrNothingAndDeletesFirst(t *testing.T) {
	t.Parallel()
	s := server(func(c *cffake.Config) { c.Zones[0].Operations = 4 })
	a, c, p := planted(s)
	op := func(id string) string { return fmt.Sprintf(`{"id":%q}`, id) }
	before := fmt.Sprint(s.Records(zoneID, "", ""))
	ask(t, s, user, "POST", records+"/batch", `{"deletes":[`+op(a)+`],"posts":[`+good+`,`+good+`]}`).says(t, 400, 81058)
	ask(t, s, user, "POST", records+"/batch", `{"deletes":[`+op(a)+`,`+op(a)+`]}`).says(t, 404, 81044)
	ask(t, s, user, "POST", records+"/batch", `{"posts":[`+strings.Repeat(good+",", 4)+good+`]}`).says(t, 400, 9033)
	if after := fmt.Sprint(s.Records(zoneID, "", "")); after != before {
		t.Errorf("a refused batch left %s", after)
	}
	// The same record again, the CNAME replaced by an address, the PTR changed: each needs the one before.
	ask(t, s, user, "POST", records+"/batch", `{"posts":[{"type":"A","name":"alias","content":"192.0.2.1","ttl":300}],
		"patches":[{"id":"`+p+`","ttl":600}],"deletes":[`+op(c)+`]}`).says(t, 200, 0)
	if got := s.Records(zoneID, "alias.example.org", ""); len(got) != 1 || got[0].Type != "A" {
		t.Errorf("records %+v", got)
	}
	if got := s.Records(zoneID, "ptr.example.org", ""); got[0].TTL != 600 || got[0].Content != "www.example.org" {
		t.Errorf("records %+v", got)
	}
}

func TestList_filtersAndPages(t *testing.T) {
	t.Parallel()
	s := server(func(c *cffake.Config) { c.MaxPerPage = 2 })
	planted(s)
	for query, want := range map[string]int{
		"": 3, "?type=a": 1, "?name.exact=WWW.example.org": 1, "?name=www.example.org&type=PTR": 0, "?name.startswith=p": 1,
		"?name=www.example.org&type=PTR&match=any": 2, "?content.contains=www": 2, "?comment.absent=": 3, "?proxied=true": 0, "?name=contains:w": 0,
	} {
		got := ask(t, s, user, "GET", records+query, "")
		if got.Info["total_count"] != want || got.Info["count"] != min(want, 2) || got.Info["total_pages"] != (want+1)/2 {
			t.Errorf("%s: %s, want %d", query, got.text, want)
		}
	}
	got := ask(t, s, user, "GET", records+"?page=2&per_page=1000&order=name&direction=desc", "")
	if got.Info["count"] != 1 || !strings.Contains(got.text, "alias.example.org") {
		t.Errorf("second page %s", got.text)
	}
}

func TestZones_areFoundByName(t *testing.T) {
	t.Parallel()
	s := server(nil)
	for query, want := range map[string]int{"": 1, "?name=example.org": 1, "?name=example.net": 0, "?account.id=" + account: 1, "?status=pending": 0} {
		if got := ask(t, s, user, "GET", "/zones"+query, ""); got.Info["total_count"] != want {
			t.Errorf("%s: %s, want %d", query, got.text, want)
		}
	}
}

func TestLimit_blocksAllCalls(t *testing.T) {
	t.Parallel()
	s := server(func(c *cffake.Config) { c.Limit = cffake.Limit{Calls: 2, Per: time.Minute, Block: 5 * time.Minute} })
	if got := ask(t, s, user, "GET", records, ""); got.header.Get("Ratelimit") != `"default";r=1;t=60` || got.header.Get("Ratelimit-Policy") != `"default";q=2;w=60` {
		t.Errorf("headers %v", got.header)
	}
	ask(t, s, user, "GET", records, "").says(t, 200, 0)
	for range 2 {
		got := ask(t, s, user, "GET", "/user/tokens/verify", "")
		got.says(t, 429, 10100)
		if got.header.Get("Retry-After") != "300" {
			t.Errorf("headers %v", got.header)
		}
	}
	ask(t, s, owned, "GET", records, "").says(t, 200, 0)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := server(nil)
	live := httptest.NewServer(s)
	defer live.Close()
	post := func() (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, live.URL+cffake.Prefix+records, strings.NewReader(good))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+user)
		resp, err := live.Client().Do(r)
		if err != nil {
			return 0, err
		}
		return resp.StatusCode, resp.Body.Close()
	}
	s.Fail(cffake.Fault{Method: "POST", Times: 1, Cut: true})
	if status, err := post(); err == nil || len(s.Records(zoneID, "", "")) != 0 {
		t.Errorf("cut before: %d, %v, records %+v", status, err, s.Records(zoneID, "", ""))
	}
	s.Fail(cffake.Fault{Method: "POST", Times: 1, CutAfter: true})
	if status, err := post(); err == nil || len(s.Records(zoneID, "", "")) != 1 {
		t.Errorf("cut after: %d, %v, records %+v", status, err, s.Records(zoneID, "", ""))
	}
	s.Fail(cffake.Fault{Path: "dns_records", Skip: 1, Times: 1, Status: 502, Body: cffake.Page})
	var statuses []int
	for range 3 {
		status, _ := post()
		statuses = append(statuses, status)
	}
	if !slices.Equal(statuses, []int{400, 502, 400}) {
		t.Errorf("statuses %v, want the second to be the fault's", statuses)
	}
}

func TestFreeze_showsWhatWas(t *testing.T) {
	t.Parallel()
	s := server(nil)
	planted(s)
	s.Freeze(zoneID, 1)
	ask(t, s, user, "POST", records, good).says(t, 200, 0)
	for _, want := range []int{3, 4} {
		if got := ask(t, s, user, "GET", records, ""); got.Info["total_count"] != want {
			t.Errorf("list %s, want %d", got.text, want)
		}
	}
}
