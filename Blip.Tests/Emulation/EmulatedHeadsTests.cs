using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Tests.Models;

namespace Blip.Tests.Emulation;

/// <summary>Matching, vectors and answers of a tiny model on the emulated CUDA device: the reference's.</summary>
public class EmulatedHeadsTests
{
    private static readonly ModelSource Tiny = ModelSource.Resolve("synthetic:tiny-square");

    [Fact]
    public void Pairs_match_as_in_the_reference()
    {
        using var golden = new GoldenModel("tiny-square", "retrieval");
        using var device = EmulatedDevices.Open();
        using var model = MatchingModel.Load(Tiny, device);
        var images = ModelGoldens.Encode(golden, model);
        var texts = ModelGoldens.Texts(golden, "cls.input_ids", "cls.attention_mask");
        golden.AssertClose("cls.itm", [.. model.Match(images, texts).SelectMany(match => (float[])[match.NoMatch, match.Match])],
            relative: golden.RelativeError("cls.itm.text"));
        golden.AssertClose(
            "cls.itc", [.. Similarity.Products(model.EmbedImages(images), model.EmbedTexts(texts)).SelectMany(row => row)],
                relative: golden.RelativeError("cls.itc.text"), size: 1);
        PtxReportTests.AssertLists(device);
    }

    [Fact]
    public void Vectors_are_those_of_the_reference()
    {
        using var golden = new GoldenModel("tiny-square", "model");
        using var device = EmulatedDevices.Open();
        using var model = ContrastiveModel.Load(Tiny, device);
        var output = model.Compare(ModelGoldens.Encode(golden, model), ModelGoldens.Texts(golden, "input_ids", "attention_mask"));
        golden.AssertClose("image_embeds", [.. output.ImageEmbeddings.SelectMany(row => row)]);
        golden.AssertClose("text_embeds", [.. output.TextEmbeddings.SelectMany(row => row)]);
        PtxReportTests.AssertLists(device);
    }

    [Fact]
    public void Questions_are_answered_and_answers_ranked_as_in_the_reference()
    {
        using var device = EmulatedDevices.Open();
        using var run = new AnsweringModelTests.GoldenRun("tiny-square", device);
        run.Encode();
        run.Model.Ask(run.Images, run.Questions, attendPadding: true);
        run.Check(run.Cases[0], run.Generate(run.Cases[0]));
        run.CheckRank(run.Ranks[1]);
        PtxReportTests.AssertLists(device);
    }
}
