<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Kvmbridge\Shim\Effects;
use Kvmbridge\Shim\Fault;
use WHMCS\Database\Capsule;

final class EffectsTest extends ShimTestCase
{
    private const RECORDED = __DIR__ . '/../../bridge/testdata/effects';

    protected function setUp(): void
    {
        parent::setUp();
        Capsule::$tables += [
            'tblhosting' => [['id' => 101, 'userid' => 12, 'packageid' => 3, 'server' => 4, 'orderid' => 1, 'domain' => 'vm.example.com',
                'username' => 'u', 'password' => encrypt('old'), 'dedicatedip' => '192.0.2.9', 'assignedips' => "192.0.2.9\n192.0.2.10",
                'firstpaymentamount' => '9.00', 'amount' => '9.00', 'billingcycle' => 'Monthly', 'nextduedate' => '2026-01-01',
                'regdate' => '2025-12-01', 'domainstatus' => 'Active', 'suspendreason' => '']],
            'tblclients' => [['id' => 12, 'firstname' => 'Jane', 'lastname' => 'O&#039;Neil', 'companyname' => '', 'email' => 'jane@example.com']],
            'tblproducts' => [['id' => 3, 'name' => 'KVM Start']],
            'tblemailtemplates' => [['id' => 1, 'type' => 'product', 'name' => 'puqProxmoxKVM VM is ready', 'language' => '', 'disabled' => 0,
                'subject' => 'Ready: {$service_domain}', 'message' => '{$client_name} {$vm_ip}{$service_password}']],
        ];
    }

    /** @dataProvider recorded */
    public function testApply_doesWhatTheServiceRecorded(array $recorded): void
    {
        $request = $recorded['request'];
        if ($request['effect'] === 'Decrypt') {
            $request['args']['values'] = array_map('encrypt', $recorded['answer']['data']['values']);
        }
        $data = Effects::apply((string) json_encode($request));
        self::assertSame($recorded['answer']['data'], $data);
    }

    public function recorded(): array
    {
        $cases = [];
        foreach (glob(self::RECORDED . '/*.json') as $file) {
            $case = json_decode((string) file_get_contents($file), true);
            // PHP cannot tell {} from [] once decoded; both mean "no arguments".
            $cases[basename($file, '.json')] = [$case];
        }
        self::assertGreaterThan(5, count($cases));
        return $cases;
    }

    public function testSendEmail_mergesItsVariables(): void
    {
        $vars = ['vm_ip' => '192.0.2.10'];
        $this->apply('SendEmail', ['messagename' => 'puqProxmoxKVM VM is ready', 'id' => 101, 'customvars' => $vars]);
        $mail = Capsule::$tables['tblemails'][0];
        self::assertSame(['Ready: vm.example.com', 'Jane O&#039;Neil 192.0.2.10old', 'jane@example.com', 12],
            [$mail['subject'], $mail['message'], $mail['to'], $mail['userid']]);
    }

    public function testUpdateClientProduct_changesThePasswordAlone(): void
    {
        $before = Capsule::$tables['tblhosting'][0];
        $this->apply('UpdateClientProduct', ['serviceid' => 101, 'servicepassword' => 'new']);
        $row = Capsule::$tables['tblhosting'][0];
        self::assertSame('new', decrypt($row['password']));
        self::assertSame(['password'], array_keys(array_diff_assoc($row, $before)));
    }

    public function testLogActivity_writesOneLine(): void
    {
        $this->apply('LogActivity', ['description' => 'kvmbridge: done', 'client_id' => 12]);
        self::assertSame(['kvmbridge: done', 12], [Capsule::$tables['tblactivitylog'][0]['description'], Capsule::$tables['tblactivitylog'][0]['userid']]);
    }

    public function testModuleLog_writesOneEntry(): void
    {
        $this->apply('ModuleLog', ['module' => 'puqProxmoxKVM', 'action' => 'clone', 'request' => 'service 101', 'response' => 'done']);
        self::assertStringContainsString("clone\nservice 101\ndone", $this->moduleLog());
    }

    /** @dataProvider refusals */
    public function testApply_refuses(string $reason, string $body): void
    {
        try {
            Effects::apply($body);
            self::fail("applied, want $reason");
        } catch (Fault $fault) {
            self::assertSame($reason, $fault->reason);
            self::assertSentence($fault->getMessage());
        }
        self::assertArrayNotHasKey('tblemails', Capsule::$tables);
    }

    public function refusals(): array
    {
        $request = static function (string $effect, array $args, array $more = []): string {
            return (string) json_encode($more + ['id' => '1', 'effect' => $effect, 'args' => (object) $args]);
        };
        return [
            'no JSON' => ['bad_json', 'x'],
            'a text' => ['bad_json', '"x"'],
            'nothing' => ['bad_json', ''],
            'too deep' => ['bad_json', str_repeat('[', 40) . str_repeat(']', 40)],
            'no effect' => ['bad_json', '{"id":"1","args":{}}'],
            'no args' => ['bad_json', '{"id":"1","effect":"Ping"}'],
            'no id' => ['bad_field', '{"effect":"Ping","args":{}}'],
            'an unknown effect' => ['unknown_effect', $request('RunShell', [])],
            'an effect by method name' => ['unknown_effect', $request('api', [])],
            'a field beside args' => ['unknown_field', $request('Ping', [], ['more' => 1])],
            'a field in args' => ['unknown_field', $request('Ping', ['x' => 1])],
            'a missing field' => ['bad_field', $request('SendEmail', ['messagename' => 'x'])],
            'a number as text' => ['bad_field', $request('SendEmail', ['messagename' => 'x', 'id' => '101', 'customvars' => []])],
            'a text instead of a list' => ['bad_field', $request('Decrypt', ['values' => 'x'])],
            'a field of a service that is not ours to change' => ['unknown_field',
                $request('UpdateClientProduct', ['serviceid' => 101, 'servicepassword' => 'x', 'status' => 'Active'])],
            'an unknown template' => ['whmcs_refused', $request('SendEmail', ['messagename' => 'x', 'id' => 101, 'customvars' => []])],
            'an unknown service' => ['whmcs_refused', $request('UpdateClientProduct', ['serviceid' => 9, 'servicepassword' => 'x'])],
            'a foreign cipher text' => ['not_decryptable', $request('Decrypt', ['values' => ['', base64_encode(str_repeat("\xff", 40))]])],
        ];
    }

    private function apply(string $effect, array $args): array
    {
        return Effects::apply((string) json_encode(['id' => '1', 'effect' => $effect, 'args' => (object) $args]));
    }
}
