<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

/** The recorded exchanges of both halves: the shim sends exactly the recorded request and understands the recorded answer. */
final class ExchangesTest extends ShimTestCase
{
    private const FOLDER = __DIR__ . '/../../bridge/testdata/exchanges';

    /** @dataProvider exchanges */
    public function testExchange(array $exchange): void
    {
        $this->sidecarIs(FakeSidecar::url('recorded'));
        FakeSidecar::answerWith($exchange['answer']['status'], json_encode($exchange['answer']['body']));
        $result = $this->callAs($exchange['request']['path'], $exchange['request']['body']);

        $sent = json_decode(FakeSidecar::lastRequest()['body'], true);
        $want = $exchange['request']['body'];
        self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/', $sent['idempotency_key']);
        unset($sent['idempotency_key'], $want['idempotency_key']);
        self::assertSame(self::sorted($want), self::sorted($sent));
        self::assertSame('/recorded' . $exchange['request']['path'], FakeSidecar::lastRequest()['path']);
        $this->assertUnderstood($exchange['answer']['body'], $result);
    }

    /** Every number, text and boolean goes over the wire as its type, and empty objects stay objects. */
    public function testPayload_keepsEmptyObjects(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        puqProxmoxKVM_CreateAccount([]);
        self::assertStringContainsString('"args":{}', FakeSidecar::lastRequest()['body']);
    }

    public function testPayload_holdsNothingBeyondTheAllowList(): void
    {
        $this->sidecarIs(FakeSidecar::url('success'));
        $more = ['clientsdetails' => ['email' => 'jane@example.com'], 'model' => new \stdClass(), 'configoptions' => ['RAM' => '4'],
            'customfields' => ['note' => 'private']];
        puqProxmoxKVM_CreateAccount(self::PARAMS + $more);
        $sent = json_decode(FakeSidecar::lastRequest()['body'], true);
        self::assertSame(['args', 'caller', 'idempotency_key', 'server', 'service', 'whmcs_version'], array_keys(self::sorted($sent)));
        self::assertDoesNotMatchRegularExpression('/jane|private|RAM/', FakeSidecar::lastRequest()['body']);
    }

    public function exchanges(): array
    {
        $cases = [];
        foreach (glob(self::FOLDER . '/*.json') as $file) {
            $exchange = json_decode((string) file_get_contents($file), true);
            // Requests that break the contract are not for the shim to send; clients need a constant, see CallerTest; the list
            // of names ends PHP, see NameListTest.
            if ($exchange['request']['path'] !== '/v1/dns/list' && ($exchange['conforms'] ?? false) && $exchange['request']['body']['caller']['kind'] !== 'client') {
                $cases[basename($file, '.json')] = [$exchange];
            }
        }
        self::assertGreaterThan(10, count($cases));
        return $cases;
    }

    /** Calls the entry point that the path belongs to, with what WHMCS would hand it. */
    private function callAs(string $path, array $body)
    {
        $_SESSION = $body['caller']['kind'] === 'admin' ? ['adminid' => $body['caller']['id']] : [];
        $function = basename($path) === 'Command' ? $body['args']['name'] : basename($path);
        if ($function === 'SetVMID') {
            $_POST['modulefields'] = ['vm_id' => (string) $body['args']['vm_id']];
            $function = 'AdminServicesTabFieldsSave';
        }
        if ($function === 'Usage') {
            return puqProxmoxKVM_MetricProvider(self::paramsOf($body))->usage($body['args']['tenant']);
        }
        switch (dirname($path)) {
            case '/v1/module':
                $_SERVER['SCRIPT_NAME'] = 'configproducts.php';
                $_REQUEST['id'] = $body['args']['product_id'] ?? 0;
                return ("puqProxmoxKVM_$function")(self::paramsOf($body));
            case '/v1/outbox':
                \Kvmbridge\Shim\ServerModule::deliverOutbox();
                return null;
            default:
                return $this->callAddon($function, $body['args']);
        }
    }

    private function callAddon(string $function, array $args)
    {
        if ($function === 'Output') {
            $_SESSION['kvmbridge'] = 'session';
            $_SERVER['QUERY_STRING'] = $args['query'];
            ob_start();
            puq_proxmox_kvm_output(['modulelink' => $args['link']]);
            return ob_get_clean();
        }
        return $function === 'Upgrade'
            ? puq_proxmox_kvm_upgrade(['version' => $args['from']])
            : ('puq_proxmox_kvm_' . strtolower($function))();
    }

    /** The reverse of the allow-list, with numbers as the texts WHMCS likes to use. */
    private static function paramsOf(array $body): array
    {
        if ($body['service']['id'] === 0 && $body['server']['hostname'] === '') {
            return [];
        }
        return array_map(static function ($value) {
            return is_int($value) ? (string) $value : $value;
        }, [
            'serviceid' => $body['service']['id'], 'userid' => $body['service']['client_id'], 'pid' => $body['service']['product_id'],
            'serverid' => $body['service']['server_id'], 'status' => $body['service']['status'], 'domain' => $body['service']['domain'],
            'username' => $body['service']['username'], 'password' => $body['service']['password'],
            'serverhostname' => $body['server']['hostname'], 'serverip' => $body['server']['ip'],
            'serverusername' => $body['server']['username'], 'serverpassword' => $body['server']['password'],
            'serveraccesshash' => $body['server']['access_hash'], 'serversecure' => $body['server']['secure'],
            'serverport' => $body['server']['port'],
        ]);
    }

    private function assertUnderstood(array $answer, $result): void
    {
        $data = $answer['data'] ?? [];
        if ($answer['result'] === 'error') {
            self::assertSame($answer['message'], $result);
        } elseif (isset($data['html'])) {
            self::assertSame($data['html'], $result);
        } elseif (isset($data['usage'])) {
            self::assertSame($data['usage'], array_map(static function (array $metrics): array {
                return array_map(static function ($metric) {
                    return $metric->usage()->value();
                }, $metrics);
            }, $result));
        } elseif (isset($data['fields'])) {
            self::assertSame($data['fields'], $result);
        } elseif (isset($data['description'])) {
            self::assertSame($data['description'], $result['settings']['Description']);
        } elseif (is_array($result)) {
            self::assertNotContains('error', [$result['status'] ?? '', ($result['success'] ?? true) ? '' : 'error']);
        } elseif ($result !== null) {
            self::assertSame('success', $result);
        }
    }

    private static function sorted(array $value): array
    {
        ksort($value);
        return array_map(static function ($item) {
            return is_array($item) ? self::sorted($item) : $item;
        }, $value);
    }
}
