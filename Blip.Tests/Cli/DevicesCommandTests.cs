using System.Text.Json;
using Blip.Kernels.Devices;

namespace Blip.Tests.Cli;

public class DevicesCommandTests
{
    [Fact]
    public async Task Every_device_is_a_line_with_the_name_that_opens_it()
    {
        var lines = (await CliRun.Of("devices")).Succeeded().Split('\n');
        Assert.All(Device.List(), device =>
            Assert.Contains(lines, line => line.TrimStart().StartsWith($"{device.Id} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Json_has_the_same()
    {
        using var json = JsonDocument.Parse((await CliRun.Of("devices", "--format", "json")).Succeeded());
        Assert.Equal(Device.List().Select(device => device.Id),
            json.RootElement.EnumerateArray().Select(device => device.GetProperty("device").GetString()));
    }

    [Theory]
    [InlineData(1, 2, true, "OpenCL C 1.2, and 2.0 is needed")]
    [InlineData(3, 0, false, "no generic address space")]
    [InlineData(3, 0, true, "install a newer driver")]
    public void A_device_that_cannot_be_used_has_a_reason(int major, int minor, bool generic, string reason) =>
        Assert.Contains(reason, Device.OpenClObjection(major, minor, generic), StringComparison.Ordinal);

    /// <summary>A device is either usable or not.</summary>
    [Fact]
    public void No_device_is_in_both_lists() =>
        Assert.Empty(Device.ListUnusable().Select(device => device.Name).Intersect(Device.List().Select(device => device.Name)));

    [Fact]
    public async Task An_unknown_format_is_refused_with_those_there_are() =>
        (await CliRun.Of("devices", "--format", "xml")).Refused("--format is 'xml'", "text, json");
}
