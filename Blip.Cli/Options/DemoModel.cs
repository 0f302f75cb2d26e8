using Blip.Runtime.Checkpoints;

namespace Blip.Cli.Options;

/// <summary>
/// A model that comes with the program, for a first try without a download. <paramref name="ForPhotographs"/>
/// is the real model for the same task.
/// </summary>
internal sealed record DemoModel(string Folder, string Noun, string ForPhotographs)
{
    public static readonly DemoModel Captioning = new("captioning", "captioner", "Salesforce/blip-image-captioning-base");

    public static readonly DemoModel Retrieval = new("retrieval", "matcher", "Salesforce/blip-itm-base-coco");

    public static readonly DemoModel Answering = new("vqa", "answerer", "Salesforce/blip-vqa-base");

    /// <summary>Its name on the command line, unless a file or folder has that name.</summary>
    public const string Name = "demo";

    public string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "weights", Folder);

    /// <summary>The notice when it is the default.</summary>
    public string Notice => $"no --model: using the demo {Noun}, which knows drawn shapes only (for photographs: --model {ForPhotographs})";

    /// <summary>The demo of a head; null for a head without one.</summary>
    public static DemoModel? Of(BlipHead head) => head switch
    {
        BlipHead.Captioning => Captioning,
        BlipHead.Retrieval => Retrieval,
        BlipHead.VisualQuestionAnswering => Answering,
        _ => null,
    };

    /// <summary>The path of a model from the command line; null and the demo's name give the demo's folder.</summary>
    public string PathOf(string? model) => model is null || (model == Name && !System.IO.Path.Exists(model)) ? Path : model;
}
