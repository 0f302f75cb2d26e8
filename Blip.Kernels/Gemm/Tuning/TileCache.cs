using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>Conditions of a tuned shape; any other is tuned anew.</summary>
/// <param name="Device">Back end and name.</param>
/// <param name="Driver">The driver's version.</param>
/// <param name="Units">Multiprocessors, compute units or threads.</param>
/// <param name="GroupSize">Work-items per group of portable kernels.</param>
/// <param name="Weights">Format of the weights.</param>
/// <param name="Kernels">This library's version.</param>
internal sealed record TileKey(string Device, string Driver, int Units, int GroupSize, string Weights, string Kernels)
{
    public static TileKey Of(DeviceDescription device, int groupSize, DType format) => new(
        $"{device.Kind.ToString().ToLowerInvariant()} {device.Name}", device.Driver, device.Units, groupSize,
        format.ToString().ToLowerInvariant(), typeof(TileKey).Assembly.GetName().Version!.ToString());
}

/// <summary>
/// The tuner's winners in the user's cache: one JSON file per key, so that processes never overwrite another key's. Files are written
/// beside their place and renamed, and safe to delete. An unreadable file or one of another key counts as absent.
/// </summary>
internal static class TileCache
{
    /// <summary>Raised when the fields or shapes change.</summary>
    private const int Format = 1;

    /// <summary><c>blip</c> in <c>XDG_CACHE_HOME</c> or the platform's cache folder.</summary>
    public static string UserFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } caches ? caches
        : OperatingSystem.IsLinux() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache")
        : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
        "blip");

    public static string File(string folder, TileKey key) =>
        Path.Combine(folder, $"tile-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString())))[..16]}.json");

    public static GemmShape? Read(string folder, TileKey key)
    {
        // Accounts without a home have no cache; a relative path would litter the current folder.
        if (!Path.IsPathFullyQualified(folder))
            return null;
        try
        {
            using var document = JsonDocument.Parse(System.IO.File.ReadAllBytes(File(folder, key)));
            var shape = document.RootElement.GetProperty("tile").GetString();
            return document.RootElement.GetRawText() == Text(key, shape!) ? TileChoice.Shape(shape) : null;
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes where the folder allows it; otherwise each process tunes for itself.</summary>
    public static void Write(string folder, TileKey key, GemmShape shape)
    {
        if (!Path.IsPathFullyQualified(folder))
            return;
        var file = File(folder, key);
        var beside = $"{file}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(folder);
            System.IO.File.WriteAllText(beside, Text(key, TileChoice.Name(shape)));
            System.IO.File.Move(beside, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            System.Diagnostics.Trace.WriteLine($"The tuned tile is not kept: {e.Message}");
            try
            {
                System.IO.File.Delete(beside);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // It was never created.
            }
        }
    }

    private static string Text(TileKey key, string tile)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("format", Format);
            json.WriteString("device", key.Device);
            json.WriteString("driver", key.Driver);
            json.WriteNumber("units", key.Units);
            json.WriteNumber("groupSize", key.GroupSize);
            json.WriteString("weights", key.Weights);
            json.WriteString("kernels", key.Kernels);
            json.WriteString("tile", tile);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
