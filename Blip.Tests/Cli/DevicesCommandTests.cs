using System.Text.Json;
using Blip.Kernels.Devices;

namespace Blip.Tests.Cli;

public class DevicesCommandTests
{
    [Fact]
    public async Task EveryDeviceIsALineWithTheNameThatOpensIt()
    {
        var lines = (await CliRun.Of("devices")).Succeeded().Split('\n');
        Assert.All(Device.List(), device => Assert.Contains(lines, line => line.TrimStart().StartsWith($"{device.Id} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task JsonHasTheSame()
    {
        using var json = JsonDocument.Parse((await CliRun.Of("devices", "--format", "json")).Succeeded());
        Assert.Equal(Device.List().Select(device => device.Id), json.RootElement.EnumerateArray().Select(device => device.GetProperty("device").GetString()));
    }

    [Fact]
    public async Task AnUnknownFormatIsRefusedWithThoseThereAre() => (await CliRun.Of("devices", "--format", "xml")).Refused("--format is 'xml'", "text, json");
}
