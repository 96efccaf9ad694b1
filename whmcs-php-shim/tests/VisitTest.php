<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PHPUnit\Framework\TestCase;

/** What a client's browser sends to WHMCS's product page, over real HTTP: what of it reaches the service, and what comes back. */
final class VisitTest extends TestCase
{
    private const ME = ['kvmbridge' => 'session', 'devhost_client' => 12, 'devhost_user' => 5];
    private const PAGE = 'action=productdetails&id=101&kb=backup';
    private static $base = '';

    protected function setUp(): void
    {
        FakeSidecar::forget();
        if (self::$base === '') {
            self::$base = PhpServer::web(__DIR__ . '/fake', '', ['FAKE_SECRET' => FakeSidecar::SECRET,
                'FAKE_QUERY' => 'sidecar=' . urlencode(FakeSidecar::url('recorded'))]);
        }
        FakeSidecar::answerWith(200, '{"result":"success","code":"ok","message":"","data":{"html":"<p>page</p>"}}');
    }

    /** The recorded exchange of both halves. */
    public function testForm_isSentAsRecorded(): void
    {
        $exchange = json_decode((string) file_get_contents(__DIR__ . '/../../bridge/testdata/exchanges/client_area.json'), true);
        $want = $exchange['request']['body'];
        FakeSidecar::answerWith($exchange['answer']['status'], (string) json_encode($exchange['answer']['body']));
        $answer = self::visit($want['args']['query'], 'kb_token=' . $want['args']['token'] . '&note=before+the+update');
        self::assertSame([200, $exchange['answer']['body']['data']['html']], [$answer['status'], $answer['body']]);
        $sent = self::sent();
        self::assertEquals($want['args'], $sent['args']);
        unset($sent['idempotency_key'], $want['idempotency_key']);
        self::assertEquals($want, $sent);
    }

    /** Nothing is decoded or cut on its way, and looking is no order. */
    public function testLook_passesTheAddressOnAndNothingElse(): void
    {
        $query = 'action=productdetails&id=101&kb=restore&kb_copy=%22%3E%3Cscript%3E&x=a%26b';
        self::assertSame('<p>page</p>', self::visit($query)['body']);
        $args = self::sent()['args'];
        self::assertSame(['clientarea.php', $query, false, '', []], [$args['link'], $args['query'], $args['post'], $args['form'], $args['secrets']]);
        self::assertSame(self::token(self::ME), $args['token']);
    }

    /** @dataProvider foreignForms */
    public function testForm_ofSomebodyElseIsRefused(string $token, array $head): void
    {
        $answer = self::visit(self::PAGE, "kb_token=$token&note=x", $head);
        self::assertSame(403, $answer['status']);
        self::assertStringContainsString('did not come from a page of your present session', $answer['body']);
        self::assertNull(FakeSidecar::lastRequest());
    }

    public function foreignForms(): array
    {
        return [
            'no token' => ['', []],
            'a list' => ['x&kb_token[]=' . self::token(self::ME), []],
            'another session' => [self::token(['kvmbridge' => 'other'] + self::ME), []],
            'another client' => [self::token(['devhost_client' => 13] + self::ME), []],
            'another user of the client' => [self::token(['devhost_user' => 6] + self::ME), []],
            'an admin' => [hash_hmac('sha256', 'admin 12', 'session'), []],
            'another site' => [self::token(self::ME), ['Sec-Fetch-Site: cross-site']],
            'another host of the site' => [self::token(self::ME), ['Sec-Fetch-Site: same-site']],
        ];
    }

    /** The theme has forms of its own on the same page; what they hold is not for the service. */
    public function testForm_ofWhmcsIsAMereLook(): void
    {
        $answer = self::visit('action=productdetails', 'id=101&modulechangepassword=true&newpw=s3cret-word&kb=backup');
        self::assertSame([200, '<p>page</p>'], [$answer['status'], $answer['body']]);
        self::assertFalse(self::sent()['args']['post']);
        self::assertStringNotContainsString('s3cret-word', FakeSidecar::lastRequest()['body']);
    }

    public function testAnswer_mayLeadTheBrowserOn(): void
    {
        $to = 'clientarea.php?action=productdetails&id=101&kb=backups&kb_done=backup';
        FakeSidecar::answerWith(200, (string) json_encode(['result' => 'success', 'code' => 'ok', 'message' => '',
            'data' => ['html' => '', 'status' => 303, 'head' => ["Location: $to", 'Cache-Control: no-store']]]));
        $answer = self::visit(self::PAGE, 'kb_token=' . self::token(self::ME));
        self::assertSame([303, '', $to], [$answer['status'], $answer['body'], $answer['location']]);
    }

    public function testRefusal_tellsNothingOfTheInside(): void
    {
        FakeSidecar::answerWith(422, '{"result":"error","code":"not_yours","message":"This service belongs to client 13 on node pve1.","data":{}}');
        $answer = self::visit(self::PAGE, 'kb_token=' . self::token(self::ME));
        self::assertStringContainsString('temporarily unavailable', $answer['body']);
        self::assertStringNotContainsString('pve1', $answer['body']);
    }

    private static function token(array $session): string
    {
        return hash_hmac('sha256', "client {$session['devhost_client']} {$session['devhost_user']}", $session['kvmbridge']);
    }

    private static function sent(): array
    {
        return json_decode(FakeSidecar::lastRequest()['body'], true);
    }

    private static function visit(string $query, ?string $form = null, array $head = []): array
    {
        $curl = curl_init(self::$base . "/clientarea.php?$query");
        $head[] = 'X-Fake-Session: ' . json_encode(self::ME);
        curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => $head, CURLOPT_PROXY => '', CURLOPT_TIMEOUT => 20]
            + ($form === null ? [] : [CURLOPT_POSTFIELDS => $form]));
        $body = (string) curl_exec($curl);
        return ['status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE), 'body' => $body,
            'location' => basename((string) curl_getinfo($curl, CURLINFO_REDIRECT_URL))];
    }
}
