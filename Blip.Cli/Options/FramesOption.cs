using System.CommandLine;
using Blip.Runtime.Imaging.Clips;

namespace Blip.Cli.Options;

/// <summary>The option that reads animated images, videos and folders of frames as clips.</summary>
internal sealed class FramesOption
{
    private readonly Option<int?> frames = OptionKinds.Number<int>(
        "--frames",
        "Take animated GIF, WebP and PNG files, videos (where ffmpeg is on the path) and folders of frames as clips, with so many frames "
            + "of each, "
            + "evenly spaced; 4 is usual. [default: the first frame of an animated file, and each file of a folder by itself]",
        "n");

    public FramesOption(Command command)
    {
        command.Add(frames);
        command.Validators.Add(result =>
        {
            if (result.GetValue(frames) is < 1 or > ClipFiles.MaxFrames)
                result.AddError($"{frames.Name} is {result.GetValue(frames)}: give 1 to {ClipFiles.MaxFrames}.");
        });
    }

    /// <summary>Frames per clip; null for images.</summary>
    public int? Of(ParseResult parsed) => parsed.GetValue(frames);
}
