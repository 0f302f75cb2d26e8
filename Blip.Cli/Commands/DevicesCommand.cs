using System.CommandLine;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Kernels.Devices;
using Spectre.Console;

namespace Blip.Cli.Commands;

internal sealed class DevicesCommand : Command, IHasExamples
{
    private const double Gibibyte = 1L << 30;

    public DevicesCommand(Terminal terminal)
        : base("devices", "Lists the devices that --device can name on this machine, and those that cannot be used, with the reason.")
    {
        var format = OptionKinds.Choice("--format", "How to print the list.", "text", ["text", "json"]);
        Add(format);
        SetAction(parsed =>
        {
            var devices = Startup.Step(Device.List);
            if (parsed.GetValue(format) == "json")
                terminal.Output.WriteLine(Json(devices));
            else
                terminal.Output.WriteTable(Table(devices));
            foreach (var device in Device.ListUnusable())
                terminal.Note($"{device.Name} ({device.Kind}) cannot be used: {device.Reason}");
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("What there is", "blip devices"),
        ("Caption on the first OpenCL device", "blip caption photo.jpg --device opencl"),
    ];

    private static Table Table(IReadOnlyList<DeviceDescription> devices)
    {
        var table = Tables.Create("device", "name", ">units", ">memory", "tile");
        foreach (var device in devices)
            table.AddRow(device.Id.EscapeMarkup(), device.Name.EscapeMarkup(), $"{device.Units}",
                $"{device.MemoryBytes / Gibibyte:0.0} GiB", device.Tile ?? "");
        return table;
    }

    private static string Json(IReadOnlyList<DeviceDescription> devices) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartArray();
        foreach (var device in devices)
        {
            json.WriteStartObject();
            json.WriteString("device", device.Id);
            json.WriteString("kind", device.Kind.ToString().ToLowerInvariant());
            json.WriteString("name", device.Name);
            json.WriteBoolean("processor", device.IsProcessor);
            if (device.Vectors is { } vectors)
                json.WriteString("vectors", vectors.ToString().ToLowerInvariant());
            if (device.Driver.Length > 0)
                json.WriteString("driver", device.Driver);
            if (device.Tile is { } tile)
                json.WriteString("tile", tile);
            json.WriteNumber("units", device.Units);
            json.WriteNumber("memoryBytes", device.MemoryBytes);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
