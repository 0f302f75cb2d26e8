using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Blip.Runtime.Imaging.Clips;

/// <summary>Frames of a video from the installed ffmpeg, each a PNG file through a pipe.</summary>
internal static partial class VideoFrames
{
    // Limits a hanging ffmpeg.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Reads frames, evenly spaced in time from the first on.</summary>
    /// <returns>PNG files, at least one.</returns>
    /// <exception cref="ImageException">There is no ffmpeg, or it cannot read the file; the message gives the remedy.</exception>
    public static List<byte[]> Read(string path, int wanted, string program = "ffmpeg")
    {
        var file = $"file:{Path.GetFullPath(path)}";
        if (!File.Exists(path))
            throw new ImageException($"{path}: there is no such file.");
        var told = Run(path, program, ["-hide_banner", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", file]).Errors;
        if (Duration().Match(told) is not { Success: true } length)
            throw new ImageException($"{path}: ffmpeg finds no video in it: {Last(told)}");
        var seconds = TimeSpan.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture).TotalSeconds;
        var frames = new List<byte[]>(wanted);
        for (var i = 0; i < wanted; i++)
        {
            var start = (seconds * i / wanted).ToString("0.###", CultureInfo.InvariantCulture);
            var (png, errors) = Run(
                path, program,
                [
                    "-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-ss", start, "-i", file,
                    "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "pipe:1",
                ]);
            // Sound may be longer than the frames.
            if (png.Length > 0)
                frames.Add(png);
            else if (i == 0)
                throw new ImageException($"{path}: ffmpeg gives no frame of it: {Last(errors)}");
        }
        return frames;
    }

    private static (byte[] Output, string Errors) Run(string path, string program, string[] arguments)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var process = Start(path, program, arguments);
        try
        {
            using var output = new MemoryStream();
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            process.StandardOutput.BaseStream.CopyToAsync(output, patience.Token).GetAwaiter().GetResult();
            process.WaitForExitAsync(patience.Token).GetAwaiter().GetResult();
            return (output.ToArray(), errors.GetAwaiter().GetResult());
        }
        catch (OperationCanceledException e)
        {
            throw new ImageException($"{path}: ffmpeg gave no frame within {Patience.TotalMinutes} minutes.", e);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(string path, string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception e)
        {
            throw new ImageException(
                $"{path}: it is a video, and there is no ffmpeg on the path to read its frames: install ffmpeg, or give a folder of "
                    + $"frames.",
                e);
        }
    }

    private static string Last(string told) => told.Trim().Split('\n')[^1].Trim() is { Length: > 0 } line ? line : "it says nothing.";

    [GeneratedRegex(@"Duration: (\d+:\d+:\d+\.\d+)")]
    private static partial Regex Duration();
}
