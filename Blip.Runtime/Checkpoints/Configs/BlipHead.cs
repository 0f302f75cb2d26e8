namespace Blip.Runtime.Checkpoints;

/// <summary>The head on a checkpoint's towers.</summary>
internal enum BlipHead
{
    /// <summary>A text decoder that writes captions.</summary>
    Captioning,

    /// <summary>Pooled, projected towers: the contrastive model without a task.</summary>
    Model,

    /// <summary>A text encoder that matches texts with an image, and projections to compare the two.</summary>
    Retrieval,

    /// <summary>A text encoder with two cross-attentions per layer, which says whether a sentence is true of two images.</summary>
    VisualReasoning,

    /// <summary>An encoder for the question and a decoder for the answer.</summary>
    VisualQuestionAnswering,
}

/// <summary>Names of a <see cref="BlipHead"/>.</summary>
internal static class BlipHeads
{
    private static readonly (BlipHead Head, string Name, string Architecture, string Kind)[] Heads =
    [
        (BlipHead.Captioning, "captioning", "BlipForConditionalGeneration", "captioner"),
        (BlipHead.Model, "model", "BlipModel", "embedder"),
        (BlipHead.Retrieval, "retrieval", "BlipForImageTextRetrieval", "matcher"),
        (BlipHead.VisualReasoning, "nlvr", "BLIP_NLVR", "comparer"),
        (BlipHead.VisualQuestionAnswering, "vqa", "BlipForQuestionAnswering", "answerer"),
    ];

    /// <summary>The short name, such as vqa.</summary>
    public static string Name(this BlipHead head) => Entry(head).Name;

    /// <summary>The class name in configs.</summary>
    public static string Architecture(this BlipHead head) => Entry(head).Architecture;

    /// <summary>The task's noun in messages, such as captioner.</summary>
    public static string Kind(this BlipHead head) => Entry(head).Kind;

    /// <summary>Takes the short name or the class name.</summary>
    public static bool TryParse(string name, out BlipHead head)
    {
        var index = Array.FindIndex(Heads, h => h.Name == name || h.Architecture == name);
        head = index >= 0 ? Heads[index].Head : default;
        return index >= 0;
    }

    internal static string Architectures => string.Join(", ", Heads.Select(h => h.Architecture));

    private static (BlipHead Head, string Name, string Architecture, string Kind) Entry(BlipHead head) =>
        Array.FindIndex(Heads, h => h.Head == head) is >= 0 and var index
        ? Heads[index]
        : throw new ArgumentOutOfRangeException(nameof(head), head, "There is no such head.");
}
