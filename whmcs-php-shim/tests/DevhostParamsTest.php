<?php

declare(strict_types=1);

namespace Kvmbridge\Tests;

use Devhost\Params;
use WHMCS\Database\Capsule;

/** The $params array as WHMCS builds it: keys, their order, their types. */
final class DevhostParamsTest extends ShimTestCase
{
    private const ORDER = ['whmcsVersion', 'accountid', 'serviceid', 'addonId', 'userid', 'domain', 'username', 'password', 'packageid', 'pid',
        'serverid', 'status', 'qty', 'type', 'producttype', 'moduletype', 'configoption*', 'customfields', 'configoptions', 'model', 'server',
        'serverip', 'serverhostname', 'serverusername', 'serverpassword', 'serveraccesshash', 'serversecure', 'serverhttpprefix',
        'serverport', 'clientsdetails', 'action'];

    protected function setUp(): void
    {
        parent::setUp();
        Capsule::$tables = [
            'tblhosting' => [['id' => 101, 'userid' => 12, 'packageid' => 3, 'server' => 4, 'domain' => 'd', 'username' => 'u',
                'password' => encrypt('guest'), 'domainstatus' => 'Active', 'qty' => 1]],
            'tblproducts' => [['id' => 3, 'type' => 'server', 'servertype' => 'puqProxmoxKVM', 'configoption1' => '{"vm":{}}']],
            'tblservers' => [['id' => 4, 'ipaddress' => '192.0.2.1', 'hostname' => 'pve', 'username' => 'root@pam!t', 'accesshash' => '',
                'password' => encrypt('token'), 'secure' => 'on', 'port' => null]],
            'tblclients' => [['id' => 12, 'uuid' => '', 'firstname' => 'Jane', 'lastname' => 'O&#039;Neil', 'companyname' => '', 'email' => 'j@x',
                'address1' => '', 'address2' => '', 'city' => '', 'state' => '', 'postcode' => '', 'country' => 'DE', 'phonenumber' => '',
                'currency' => 1, 'groupid' => 0, 'status' => 'Active', 'language' => '']],
            'tblproductconfigoptions' => [
                ['id' => 1, 'optionname' => 'RAM', 'optiontype' => '1'],
                ['id' => 2, 'optionname' => 'OS|Operating system', 'optiontype' => '2'],
                ['id' => 3, 'optionname' => 'Extra', 'optiontype' => '4'],
                ['id' => 4, 'optionname' => 'Flag', 'optiontype' => '3'],
            ],
            'tblproductconfigoptionssub' => [['id' => 11, 'optionname' => '4|4 GB'], ['id' => 12, 'optionname' => 'Debian']],
            'tblhostingconfigoptions' => [
                ['id' => 1, 'relid' => 101, 'configid' => 1, 'optionid' => 11, 'qty' => 0],
                ['id' => 2, 'relid' => 101, 'configid' => 2, 'optionid' => 12, 'qty' => 0],
                ['id' => 3, 'relid' => 101, 'configid' => 3, 'optionid' => 0, 'qty' => 7],
                ['id' => 4, 'relid' => 101, 'configid' => 4, 'optionid' => 0, 'qty' => 1],
                ['id' => 5, 'relid' => 102, 'configid' => 1, 'optionid' => 11, 'qty' => 0],
            ],
            'tblcustomfields' => [['id' => 1, 'type' => 'product', 'relid' => 3, 'fieldname' => 'key|SSH key', 'sortorder' => 0]],
            'tblcustomfieldsvalues' => [['fieldid' => 1, 'relid' => 101, 'value' => 'ssh-rsa AAAA']],
        ];
    }

    protected function tearDown(): void
    {
        putenv('DEVHOST_OMIT_PARAMS');
    }

    public function testForService_keepsTheOrderOfWhmcs(): void
    {
        $keys = array_map(static function (string $key): string {
            return preg_replace('/^(configoption)\d+$/', '$1*', $key);
        }, array_keys(Params::forService(101, 'CreateAccount')));
        self::assertSame(self::ORDER, array_values(array_unique($keys)));
    }

    public function testForService_hasTheTypesOfWhmcs(): void
    {
        $params = Params::forService(101, 'CreateAccount');
        self::assertSame([101, 101, 0, 12, 3, 3, 4, 1], [$params['accountid'], $params['serviceid'], $params['addonId'], $params['userid'],
            $params['packageid'], $params['pid'], $params['serverid'], $params['qty']]);
        self::assertSame(['guest', 'token', true, 'https', '', 'CreateAccount'], [$params['password'], $params['serverpassword'],
            $params['serversecure'], $params['serverhttpprefix'], $params['serverport'], $params['action']]);
        self::assertSame(['{"vm":{}}', ''], [$params['configoption1'], $params['configoption24']]);
        self::assertIsObject($params['model']);
    }

    public function testForService_cutsNamesAtThePipe(): void
    {
        $params = Params::forService(101, 'CreateAccount');
        self::assertSame(['RAM' => '4', 'OS' => 'Debian', 'Extra' => 7, 'Flag' => 1], $params['configoptions']);
        self::assertSame(['key' => 'ssh-rsa AAAA'], $params['customfields']);
    }

    public function testForService_leavesOutTheServerWhenToldTo(): void
    {
        putenv('DEVHOST_OMIT_PARAMS=server');
        $keys = array_keys(Params::forService(101, 'ClientArea'));
        self::assertSame([], preg_grep('/^server/', $keys));
        self::assertContains('serviceid', $keys);
    }

    public function testForService_leavesOutNamedAndRandomKeys(): void
    {
        putenv('DEVHOST_OMIT_PARAMS=pid,model');
        self::assertArrayNotHasKey('pid', Params::forService(101, 'X'));
        putenv('DEVHOST_OMIT_PARAMS=random');
        self::assertLessThan(54, count(Params::forService(101, 'X')));
    }

    /** Whatever WHMCS leaves out, the call is made and answered. */
    public function testShim_survivesAnyHalfOfTheParameters(): void
    {
        putenv('DEVHOST_OMIT_PARAMS=random');
        Capsule::$tables['tbladdonmodules'] = [];
        $this->sidecarIs(FakeSidecar::url('success'));
        for ($n = 0; $n < 20; $n++) {
            self::assertSame('success', puqProxmoxKVM_CreateAccount(Params::forService(101, 'CreateAccount')));
        }
    }

    public function testForService_saysWhichServiceIsUnknown(): void
    {
        $this->expectExceptionMessage('Service ID 9 not found');
        Params::forService(9, 'X');
    }
}
