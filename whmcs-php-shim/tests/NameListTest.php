<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use PHPUnit\Framework\TestCase;

/** dns.php over real HTTP, inside a WHMCS that prints HTML while it loads. */
final class NameListTest extends TestCase
{
    private const PATH = '/servers/puqProxmoxKVM/lib/dns/dns.php';
    private const LIST = '[{"forward":"vps-9-7012.example.net","ip":"203.0.113.9","reverse":"mail.example.org"}]';
    private static $base = '';

    protected function setUp(): void
    {
        FakeSidecar::forget();
        if (self::$base === '') {
            self::$base = PhpServer::web(__DIR__ . '/../modules', '', [
                'KVMBRIDGE_WHMCS_ROOT' => __DIR__ . '/fake/root', 'FAKE_SECRET' => FakeSidecar::SECRET,
            ]);
        }
    }

    public function testList_isTheServicesAnswer(): void
    {
        self::sidecarSays(200, self::LIST, ['ETag: "1"', 'Cache-Control: private, no-cache', 'Set-Cookie: a=b', 'X-Request-Id: 7']);
        $answer = self::get();
        self::assertSame([200, self::LIST, 0], [$answer['status'], $answer['body'], $answer['fault']]);
        $expected = ['etag' => '"1"', 'cache-control' => 'private, no-cache', 'content-type' => 'application/json',
            'content-length' => (string) strlen(self::LIST)];
        self::assertEquals($expected, array_intersect_key($answer['head'], $expected));
        self::assertSame([], array_intersect_key($answer['head'], array_flip(['set-cookie', 'x-request-id', 'x-kvmbridge-list', 'x-powered-by'])));
    }

    /** The recorded exchange of both halves. */
    public function testList_isAskedForAsRecorded(): void
    {
        $exchange = json_decode((string) file_get_contents(__DIR__ . '/../../bridge/testdata/exchanges/dns_list.json'), true);
        self::sidecarSays($exchange['answer']['status'], (string) json_encode($exchange['answer']['body']));
        self::assertSame($exchange['answer']['body'], json_decode(self::get(['query' => '&token=list-token'])['body'], true));
        $sent = json_decode(FakeSidecar::lastRequest()['body'], true);
        $want = ['address' => '127.0.0.1'] + $exchange['request']['body']['args'];
        self::assertEquals($want, $sent['args']);
        self::assertEquals(array_keys($exchange['request']['body']), array_keys($sent));
        self::assertSame('/recorded/v1/dns/list', FakeSidecar::lastRequest()['path']);
    }

    public function testRequest_carriesWhatTheServiceDecidesBy(): void
    {
        self::sidecarSays(304, '', ['ETag: "1"']);
        $answer = self::get(['head' => ['If-None-Match: "1"', 'Authorization: Bearer t-o.k', 'X-Forwarded-For: 192.0.2.1', 'X-Real-IP: 192.0.2.1',
            'Forwarded: for=192.0.2.1', 'Client-IP: 192.0.2.1']]);
        self::assertSame([304, '', '"1"'], [$answer['status'], $answer['body'], $answer['head']['etag']]);
        self::assertEquals(['address' => '127.0.0.1', 'method' => 'GET', 'token' => '', 'authorization' => 'Bearer t-o.k', 'if_none_match' => '"1"'],
            json_decode(FakeSidecar::lastRequest()['body'], true)['args']);
    }

    /** @dataProvider oddRequests */
    public function testRequest_isHandedOnWhateverItIs(array $how, array $args): void
    {
        self::sidecarSays(405, '{"error":"No."}', ['Allow: GET, HEAD']);
        self::assertSame(405, self::get($how)['status']);
        self::assertEquals($args, array_intersect_key(json_decode(FakeSidecar::lastRequest()['body'], true)['args'], $args));
    }

    public function oddRequests(): array
    {
        return [
            'POST' => [['method' => 'POST'], ['method' => 'POST']],
            'DELETE' => [['method' => 'DELETE'], ['method' => 'DELETE']],
            'a list of tokens' => [['query' => '&token[]=a&token[]=b'], ['token' => '']],
            'bytes that are no text' => [['query' => '&token=%ff'], ['token' => "\u{FFFD}"]],
        ];
    }

    public function testHead_hasNoBody(): void
    {
        self::sidecarSays(200, '', ['ETag: "1"']);
        $answer = self::get(['method' => 'HEAD']);
        self::assertSame([200, '', '"1"'], [$answer['status'], $answer['body'], $answer['head']['etag']]);
        self::assertSame('HEAD', json_decode(FakeSidecar::lastRequest()['body'], true)['args']['method']);
    }

    /** @dataProvider denials */
    public function testDenial_isTheServicesAnswer(int $status, string $name, string $value): void
    {
        self::sidecarSays($status, '{"error":"Not now."}', ["$name: $value"]);
        $answer = self::get();
        self::assertSame([$status, '{"error":"Not now."}', $value], [$answer['status'], $answer['body'], $answer['head'][strtolower($name)]]);
    }

    public function denials(): array
    {
        return ['401' => [401, 'WWW-Authenticate', 'Bearer'], '403' => [403, 'Cache-Control', 'no-store'], '405' => [405, 'Allow', 'GET, HEAD'],
            '429' => [429, 'Retry-After', '2'], '503' => [503, 'Content-Type', 'application/json']];
    }

    /** @dataProvider failures */
    public function testFailure_isAnErrorAndNoList(string $sidecar, string $more): void
    {
        $url = $sidecar === 'dead' ? FakeSidecar::deadUrl() : ($sidecar === 'bad' ? 'ftp://x' : FakeSidecar::url($sidecar));
        $answer = self::get(['sidecar' => $url, 'query' => $more]);
        $error = json_decode($answer['body'], true)['error'] ?? $answer['body'];
        self::assertSame([503, 'application/json'], [$answer['status'], $answer['head']['content-type']]);
        self::assertStringContainsString('Keep what the last one said', $error);
        self::assertStringNotContainsString('127.0.0.1', $error);
    }

    public function failures(): array
    {
        return [
            'nobody listens' => ['dead', ''],
            'no address' => ['bad', ''],
            'silence' => ['list-slow', '&patience=1'],
            'something else listens' => ['html', ''],
            'something else that speaks JSON' => ['list', ''],
            'an old service' => ['refusal-422', ''],
            'a success of another kind' => ['success', ''],
            'an empty answer' => ['empty', ''],
            'a redirect' => ['redirect', ''],
            'the connection ends early' => ['cut', ''],
            'WHMCS exits with a page of its own' => ['success', '&mode=exit'],
            'WHMCS dies' => ['success', '&mode=fatal'],
            'WHMCS throws' => ['success', '&mode=throw'],
        ];
    }

    public function testFailure_inTheMiddleIsSeen(): void
    {
        self::sidecarSays(200, substr(self::LIST, 0, 40), ['Content-Length: ' . strlen(self::LIST), 'ETag: "1"']);
        $answer = self::get();
        self::assertSame(CURLE_PARTIAL_FILE, $answer['fault']);
        self::assertNull(json_decode($answer['body']));
    }

    public function testList_isStreamed(): void
    {
        $server = PhpServer::web(__DIR__ . '/../modules', '', [
            'KVMBRIDGE_WHMCS_ROOT' => __DIR__ . '/fake/root', 'FAKE_SECRET' => FakeSidecar::SECRET,
        ], ['-d', 'memory_limit=16M', '-d', 'output_buffering=4096', '-d', 'zlib.output_compression=1']);
        $answer = self::get(['sidecar' => FakeSidecar::url('long'), 'base' => $server, 'head' => ['Accept-Encoding: gzip']]);
        self::assertSame([200, 0, 40 * 1048573 + 4, ']'], [$answer['status'], $answer['fault'], strlen($answer['body']), substr($answer['body'], -1)]);
    }

    private static function sidecarSays(int $status, string $body, array $head = []): void
    {
        FakeSidecar::url('');
        FakeSidecar::answerWith($status, $body, array_merge(['X-Kvmbridge-List: 1', 'Content-Length: ' . strlen($body)], $head));
    }

    /** @return array{status:int,body:string,fault:int,head:array<string,string>} */
    private static function get(array $how = []): array
    {
        $how += ['method' => 'GET', 'head' => [], 'query' => '', 'sidecar' => FakeSidecar::url('recorded'), 'base' => self::$base];
        $head = [];
        $curl = curl_init($how['base'] . self::PATH . '?sidecar=' . urlencode($how['sidecar']) . $how['query']);
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $how['method'],
            CURLOPT_NOBODY => $how['method'] === 'HEAD',
            CURLOPT_HTTPHEADER => $how['head'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_PROXY => '',
            CURLOPT_TIMEOUT => 20,
            CURLOPT_HEADERFUNCTION => static function ($curl, string $line) use (&$head): int {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $head[strtolower($name)] = trim($value);
                return strlen($line);
            },
        ]);
        $body = (string) curl_exec($curl);
        return ['status' => curl_getinfo($curl, CURLINFO_RESPONSE_CODE), 'body' => $body, 'fault' => curl_errno($curl), 'head' => $head];
    }
}
